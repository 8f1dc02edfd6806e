"""From a path to its endpoint, and what is no path of any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.http import PROBLEM_JSON, Request, Route, split_path
from shopkeeper.http.routing import Router, is_parameter
from tests.support.things import APP, ENDPOINTS, ORIGIN, REQUEST_ID, ask, content, post


def test_a_literal_segment_comes_before_a_parameter() -> None:
    assert content(ask("GET", "/things/all"))["what"] == "literal"


NOT_DECLARED = [
    ("GET", "/nowhere"),
    ("GET", "/things"),
    ("DELETE", "/things/abc"),
    ("HEAD", "/things/all"),
    ("HEAD", "/nowhere"),
    ("GET", "/Things/abc"),
    ("GET", "/things/"),
    ("GET", "//"),
    ("GET", "/things//"),
    ("GET", "/things/abc//"),
    ("GET", "/things//abc"),
    ("POST", "/things/abc/"),
    ("GET", "//things/abc"),
    ("GET", "//things/abc/"),
    ("GET", "/things/./"),
    ("GET", "/things/."),
    ("GET", "/things/.."),
    ("GET", "/things/a\x00b"),
    ("GET", "/things/a\nb"),
    ("GET", "things/abc"),
    ("GET", ""),
    ("GET", "*"),
    ("OPTIONS", "/nowhere"),
    ("BREW", "/things/abc"),
]


@pytest.mark.parametrize(("method", "path"), NOT_DECLARED)
def test_what_is_not_declared_is_refused_as_the_gateway_does(method: str, path: str) -> None:
    response = ask(method, path, {"origin": ORIGIN})
    assert response.status == 403
    assert response.body == (b"" if method == "HEAD" else b'{"message":"Missing Authentication Token"}')
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize("path", ["/things/abc", "/things/all"])
def test_a_slash_at_the_end_means_nothing(path: str) -> None:
    assert ask("GET", f"{path}/").body == ask("GET", path).body
    assert ask("OPTIONS", f"{path}/", {"origin": ORIGIN}).headers == ask("OPTIONS", path, {"origin": ORIGIN}).headers
    assert (
        post({"name": "a"}).body
        == ask("POST", "/things/", {"content-type": "application/json"}, body=b'{"name":"a"}').body
    )


EVERY_PATH = sorted({(one.method, one.path) for function in FUNCTIONS for one in function.endpoints})


@pytest.mark.parametrize(("method", "path"), EVERY_PATH)
def test_every_declared_path_is_the_same_endpoint_with_a_slash_and_none_with_two(method: str, path: str) -> None:
    router = Router([Route(one, None, function.errors) for function in FUNCTIONS for one in function.endpoints])
    real = "/".join("x" if is_parameter(segment) else segment for segment in path.split("/"))
    plain = router.match(split_path(real))
    assert plain is not None
    assert plain.routes[method].endpoint.path == path
    if path != "/":
        assert router.match(split_path(f"{real}/")) == plain
    assert router.match(split_path(f"{real}//")) is None
    assert router.match(split_path(f"/{real}")) is None


def test_no_empty_name_reaches_an_endpoint_that_takes_one() -> None:
    """`/counter/` is the whole site's counter, and a `DELETE` of no item in particular deletes nothing."""
    router = Router([Route(one, None, function.errors) for function in FUNCTIONS for one in function.endpoints])
    for method, path in EVERY_PATH:
        if "{" in path:
            for bare in {path.partition("{")[0], "/".join("" if is_parameter(s) else s for s in path.split("/"))}:
                match = router.match(split_path(bare))
                assert match is None or match.parameters == {}
                assert match is None or method not in ("PATCH", "DELETE") or method not in match.routes


def test_a_segment_with_a_decoded_slash_is_no_parameter() -> None:
    request = Request("GET", "/things/a%2Fb", ("things", "a/b"), REQUEST_ID)
    assert APP.handle(request).status == 403


def test_an_endpoint_declared_twice_is_a_fault() -> None:
    with pytest.raises(ValueError, match="twice"):
        Router([Route(ENDPOINTS[0], None, PROBLEM_JSON)] * 2)


@given(st.text(), st.sampled_from(["GET", "POST", "OPTIONS", "PUT"]))
def test_no_path_whatever_is_a_fault_of_ours(path: str, method: str) -> None:
    assert ask(method, path).status in (200, 204, 400, 403, 415) or path == "/"
