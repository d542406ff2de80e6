"""The roll-out on a cluster, beside what KServe's own classes of its API say."""

import pytest

from capstan.rollout.inference_service import canary
from capstan.rollout.traffic import Traffic


@pytest.mark.parametrize(
    ("traffic", "percent"),
    [
        (Traffic("canary", 10), 10),
        (Traffic("ab", 50), 50),
        (Traffic("canary", 0.5), 1),
        (Traffic("canary", 100), 100),
        (Traffic("canary", 0), 0),
        (Traffic("shadow"), 0),
        (Traffic(), 0),
    ],
)
def test_a_challenger_is_a_canary_with_its_share(traffic, percent):
    from kserve import V1beta1CanarySpec, V1beta1PredictorSpec
    from kubernetes.client import ApiClient

    expected = V1beta1CanarySpec(traffic_percent=percent, predictor=V1beta1PredictorSpec(name="v2"))
    assert canary(traffic, "2") == [ApiClient().sanitize_for_serialization(expected)]


def test_without_a_challenger_there_is_no_canary():
    assert canary(Traffic("canary", 10), None) == []
