"""In a pod: what an attacker would try against the platform. Prints what got an answer."""

import json
import sys
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

ACCESS, SECRET = sys.argv[1:]
API = "http://ml-pipeline.kubeflow:8888/apis/v2beta1/runs"


def post_a_run() -> bool:
    """Post a run without a pipeline: what is refused for what it says was read."""
    body = json.dumps({"display_name": "attack", "pipeline_spec": {}}).encode()
    request = urllib.request.Request(API, body, {"content-type": "application/json"}, method="POST")
    try:
        urllib.request.urlopen(request, timeout=3)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def list_the_bucket() -> bool:
    """List the platform's own bucket."""
    patient = Config(connect_timeout=3, read_timeout=3, retries={"total_max_attempts": 1})
    s3 = boto3.client(
        "s3", endpoint_url="http://seaweedfs.kubeflow:9000", region_name="us-east-1", config=patient,
        aws_access_key_id=ACCESS, aws_secret_access_key=SECRET,
    )  # fmt: skip
    try:
        s3.list_objects_v2(Bucket="capstan", MaxKeys=1)
    except BotoCoreError:
        return False
    return True


print(json.dumps({"posted a run": post_a_run(), "listed the bucket": list_the_bucket()}))
