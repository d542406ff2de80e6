"""What Kubeflow Pipelines' launcher receives about keys, and that it can be taken back."""

from cluster.artifact_keys import SECRET, with_keys, without

ROOT = {"fromEnv": False, "secretRef": {"secretName": "mlpipeline-minio-artifact"}}
PROVIDER = {"default": {"endpoint": "seaweedfs.kubeflow:9000", "credentials": ROOT}}
THEIRS = {"bucketName": "theirs", "keyPrefix": "", "credentials": {"fromEnv": True}}


def test_keys_are_for_the_folder_of_artifacts_alone():
    changed = with_keys(PROVIDER)
    assert changed["default"] == PROVIDER["default"]
    [own] = changed["overrides"]
    assert (own["bucketName"], own["keyPrefix"]) == ("mlpipeline", "v2/artifacts")
    assert own["credentials"]["secretRef"]["secretName"] == SECRET


def test_naming_them_twice_changes_nothing():
    assert with_keys(with_keys(PROVIDER)) == with_keys(PROVIDER)


def test_what_others_have_set_stays_when_they_are_taken_back():
    provider = PROVIDER | {"overrides": [THEIRS]}
    assert with_keys(provider)["overrides"][0] == THEIRS
    assert without(with_keys(provider)) == provider
    assert without(with_keys(PROVIDER)) == PROVIDER
