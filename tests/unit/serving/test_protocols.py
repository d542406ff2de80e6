from tests.unit.serving.conftest import FLIGHT, tensors


def test_v1(server):
    reply = server.predict(FLIGHT)
    assert reply.status_code == 200, reply.text
    print(reply.text)


def test_v2(server):
    reply = server.infer(*tensors(FLIGHT), parameters={"return_features": True})
    assert reply.status_code == 200, reply.text
    print(reply.text)
    print(server.log.read_text())
