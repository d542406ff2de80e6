"""What the server says of a model's request, and explanations: V1 and KServe's own verb."""

from tests.unit.serving.capstones import TinyRequest


def test_metadata_holds_what_a_form_needs(server):
    metadata = server.client.get("/v2/models/tiny").json()
    assert metadata["request_schema"] == TinyRequest.model_json_schema()
    assert metadata["variants"] == {"champion": "1"}
    assert metadata["explains"] is False
