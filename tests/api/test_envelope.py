"""The outside of a GraphQL request: whatever is malformed is answered, with its status and its code."""

from __future__ import annotations

import json
from typing import Any

import pytest

GRAPHQL_JSON = "application/graphql-response+json"
HELLO = {"query": "{ hello }"}

MALFORMED = [
    (b"", "BAD_REQUEST"),
    (b"{", "BAD_REQUEST"),
    (b"null", "BAD_REQUEST"),
    (b"42", "BAD_REQUEST"),
    (b'"x"', "BAD_REQUEST"),
    (b"true", "BAD_REQUEST"),
    (b"NaN", "BAD_REQUEST"),
    (b"\xff\xfe{}", "BAD_REQUEST"),
    (b'{"query":"\xff"}', "BAD_REQUEST"),
    (b"[" * 100_000, "BAD_REQUEST"),
    (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "BAD_REQUEST"),
    (b"{}", "BAD_REQUEST"),
    (b'{"query":null}', "BAD_REQUEST"),
    (b'{"query":7}', "BAD_REQUEST"),
    (b'{"query":"  "}', "BAD_REQUEST"),
    (b'{"query":"{ hello }","variables":[]}', "BAD_REQUEST"),
    (b'{"query":"{ hello }","variables":"x"}', "BAD_REQUEST"),
    (b'{"query":"{ hello }","operationName":7}', "BAD_REQUEST"),
    (b'{"query":"{ hello }","extensions":7}', "BAD_REQUEST"),
    (b'[{"query":"{ hello }"}]', "BATCHING_DISABLED"),
    (b"[]", "BATCHING_DISABLED"),
]


@pytest.mark.parametrize("accept", ["application/json", GRAPHQL_JSON])
@pytest.mark.parametrize(("body", "code"), MALFORMED, ids=range(len(MALFORMED)))
async def test_a_malformed_body_is_a_400(table_city: Any, body: bytes, code: str, accept: str) -> None:
    answer = await table_city.post(body, accept=accept)

    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith(accept)
    assert answer.json()["errors"][0]["extensions"]["code"] == code
    assert "data" not in answer.json()
    assert await table_city.is_alive()


REFUSED = [
    ({"query": "{ hello"}, "BAD_REQUEST"),
    ({"query": "{ helo }"}, "BAD_REQUEST"),
    ({"query": "{ hello(name: 7) }"}, "BAD_REQUEST"),
    ({"query": "fragment A on Row { number }"}, "BAD_REQUEST"),
    ({"query": "query A { hello } query B { hello }"}, "BAD_REQUEST"),
    ({"query": "query A { hello }", "operationName": "B"}, "BAD_REQUEST"),
    ({"query": "subscription { count { number } }"}, "SUBSCRIPTION_OVER_HTTP"),
    ({"query": "query($n: String!) { hello(name: $n) }"}, "BAD_USER_INPUT"),
    ({"query": "query($n: String!) { hello(name: $n) }", "variables": {"n": 7}}, "BAD_USER_INPUT"),
    (
        {"query": "query($n: Int!) { rows(first: $n) { rows { number } } }", "variables": {"n": 2**31}},
        "BAD_USER_INPUT",
    ),
    ({"query": "query($n: String!) { hello(name: $n) }", "variables": {"n": "a\x00"}}, "BAD_USER_INPUT"),
    ({"query": "query($n: String!) { hello(name: $n) }", "variables": {"n": "\ud800"}}, "BAD_USER_INPUT"),
    (
        {"query": "query($n: String!) { hello(name: $n) }", "variables": {"n": "a", "x": [{"\x00": 1}]}},
        "BAD_USER_INPUT",
    ),
    ({"query": '{ hello(name: "\\u0000") }'}, "BAD_USER_INPUT"),
    ({"query": '{ hello(name: "\\ud800") }'}, "BAD_USER_INPUT"),
    ({"query": '{ hello(name: "\ud800") }'}, "BAD_USER_INPUT"),
    ({"query": "{ hello \x00 }"}, "BAD_USER_INPUT"),
    ({"query": "{ __schema { types { name } } }"}, "BAD_REQUEST"),
]


@pytest.mark.parametrize(("body", "code"), REFUSED, ids=range(len(REFUSED)))
async def test_a_request_error_is_400_for_the_new_type_and_200_for_the_old(
    table_city: Any, body: Any, code: str
) -> None:
    new, old = (
        await table_city.post(body, accept=GRAPHQL_JSON),
        await table_city.post(body, accept="application/json"),
    )

    assert (new.status_code, new.headers["content-type"]) == (400, f"{GRAPHQL_JSON}; charset=utf-8")
    is_envelope = code == "SUBSCRIPTION_OVER_HTTP"
    assert (old.status_code, old.headers["content-type"]) == (
        400 if is_envelope else 200,
        "application/json; charset=utf-8",
    )
    for answer in (new, old):
        error = answer.json()["errors"][0]
        assert error["extensions"]["code"] == code
        assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
        assert "data" not in answer.json()
    assert await table_city.is_alive()


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, application/json;q=0.9", GRAPHQL_JSON),
        (f"application/json, {GRAPHQL_JSON};q=0.5", "application/json"),
        (f"{GRAPHQL_JSON};charset=utf-8, application/json;charset=utf-8", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, application/json, text/event-stream", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=x", "application/json"),
    ],
)
async def test_the_client_chooses_the_media_type(table_city: Any, accept: str | None, chosen: str) -> None:
    answer = await table_city.post(HELLO, **({"accept": accept} if accept else {}))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{chosen}; charset=utf-8"
    assert answer.headers["server-timing"].startswith("exec;dur=")
    assert answer.json() == {"data": {"hello": "hello world"}}


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=gbk",
    ],
)
async def test_what_any_page_could_send_is_a_415(table_city: Any, content_type: str) -> None:
    answer = await table_city.http.post(
        "/graphql", content=json.dumps(HELLO), headers=table_city.headers() | {"content-type": content_type}
    )

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (415, "BAD_REQUEST")


async def test_a_long_body_is_a_413_declared_or_not(city: Any) -> None:
    async def chunks() -> Any:
        for _ in range(300):
            yield b" " * 1024

    declared = await city.post(b" " * (256 * 1024 + 1))
    chunked = await city.http.post("/graphql", content=chunks(), headers=city.headers())

    assert [a.status_code for a in (declared, chunked)] == [413, 413]
    assert declared.json()["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"
    assert await city.is_alive()


async def test_get_serves_queries_only(city: Any) -> None:
    query = await city.http.get("/graphql", params={"query": "{ hello }"}, headers=city.headers())
    mutation = await city.http.get("/graphql", params={"query": "mutation { change }"}, headers=city.headers())
    broken = await city.http.get("/graphql", params={"query": "{ hello }", "variables": "{"}, headers=city.headers())
    other = await city.http.put("/graphql", content=b"{}", headers=city.headers())

    assert query.json() == {"data": {"hello": "hello world"}}
    assert (mutation.status_code, mutation.headers["allow"]) == (405, "POST")
    assert broken.status_code == 400
    assert other.status_code == 405
    assert city.stage.changed == 0


async def test_variables_operation_names_and_partial_data(city: Any) -> None:
    body = {
        "query": "query A($n: String!) { hello(name: $n) } query B { hello }",
        "operationName": "A",
        "variables": {"n": "张三"},
        "extensions": {"anything": 1},
    }
    named = await city.post(body, accept=GRAPHQL_JSON)
    partial = await city.post({"query": "{ hello refuse }"}, accept=GRAPHQL_JSON)

    assert named.json() == {"data": {"hello": "hello 张三"}}
    assert "张三" in named.text  # not escaped: half the bytes
    assert partial.status_code == 200
    assert partial.json()["data"] == {"hello": "hello world", "refuse": None}
    assert partial.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert partial.json()["errors"][0]["path"] == ["refuse"]


async def test_our_own_mistake_is_masked_logged_once_and_numbered(
    city: Any, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await city.post({"query": "{ crash }"}, accept=GRAPHQL_JSON)

    error = answer.json()["errors"][0]
    assert answer.status_code == 200
    assert answer.json()["data"] is None
    assert error["extensions"]["code"] == "INTERNAL"
    assert "password" not in answer.text
    ours = [record for record in caplog.records if record.name == "gridcast.errors"]
    assert len(ours) == 1
    assert ours[0].exc_info is not None
    assert error["extensions"]["errorId"] in error["message"]


async def test_at_most_ten_errors_are_told(city: Any) -> None:
    many = await city.ask("{ row { many { bad } } }")
    unknown = await city.ask("{ " + " ".join(f"x{n}" for n in range(40)) + " }")

    assert len(many["errors"]) == 10
    assert len(many["data"]["row"]["many"]) == 15
    assert len(unknown["errors"]) == 10


async def test_nothing_is_suggested_in_production(city: Any, open_city: Any) -> None:
    production = await city.ask("{ helo }")
    development = await (await open_city(dev=True)).ask("{ helo }")

    assert "Did you mean" not in json.dumps(production)
    assert "Did you mean" in json.dumps(development)


async def test_introspection_is_for_development(open_city: Any) -> None:
    development = await open_city(dev=True)

    answer = await development.ask("{ __schema { queryType { name } } }")

    assert answer["data"] == {"__schema": {"queryType": {"name": "Query"}}}
    assert (await development.ask("{ __typename }"))["data"] == {"__typename": "Query"}


async def test_a_slow_request_is_ended(open_city: Any) -> None:
    city = await open_city(request_seconds=0.05)

    answer = await city.post({"query": "{ slow }"}, accept=GRAPHQL_JSON)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert await city.is_alive()


@pytest.mark.parametrize(
    ("accept_language", "language"),
    [
        (None, "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en", "en"),
        ("fr", "zh"),
        ("zh;q=0.1,en;q=0.2", "en"),
        ("q=;;,", "zh"),
    ],
)
async def test_the_answer_speaks_the_callers_language(
    table_city: Any, accept_language: str | None, language: str
) -> None:
    headers = {"accept-language": accept_language} if accept_language is not None else {"accept-language": ""}
    answer = await table_city.ask("{ me refuse }", **headers)

    assert answer["data"]["me"] == f"INTAKE_OFFICER:3205 {language}"
    said = {"zh": "您的角色不能执行「查看」。", "en": "Your role may not do this: look."}
    assert answer["errors"][0]["message"] == said[language]


@pytest.mark.parametrize("header", ["", "Bearer", "Basic eA==", "Bearer x", "Bearer a.b.c", "Bearer " + "x" * 9_000])
async def test_without_a_good_token_nothing_works(table_city: Any, header: str) -> None:
    answer = await table_city.http.post("/graphql", json=HELLO, headers={"authorization": header} if header else {})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert await table_city.is_alive()
