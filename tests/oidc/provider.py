"""The provider process: idpyoidc (OpenID certified) behind the standard library's HTTP server.

    python -m tests.oidc.provider <folder for keys> '<JSON: agency -> {people, redirect_uris}>'

Each agency has an issuer of its own, `http://127.0.0.1:<port>/<agency>`. All protocol is idpyoidc's; here are the
pages' addresses, the sign-in form, and what each person's tokens say.
"""

import json
import sys
import warnings
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from idpyoidc.message.oauth2 import ResponseMessage
from idpyoidc.message.oidc import AuthorizationRequest
from idpyoidc.server import Server
from idpyoidc.server.configure import OPConfiguration
from idpyoidc.server.exception import FailedAuthentication

from tests.oidc.twists import twisted

CLIENT, SECRET = "continuity", "only for tests: the client's secret at the provider"
PASSWORD = "battery staple"
_IN_ID_TOKENS = dict.fromkeys(("amr", "email", "email_verified", "groups", "name"))
_ROUTES = {
    ".well-known/openid-configuration": "provider_config",
    "authorization": "authorization",
    "token": "token",
    "userinfo": "userinfo",
}
_FORM = """<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>{{ page_header }}</title><h1>{{ page_header }}</h1>
<form method="post" action="{{ action }}"><input type="hidden" name="token" value="{{ token }}">
<label>Account <input name="username"></label> <label>Secret <input type="password" name="password"></label>
<button>Enter</button></form></html>"""


_ENDPOINTS = {
    "provider_config": ("oidc.provider_config.ProviderConfiguration", None),
    "authorization": ("oidc.authorization.Authorization", None),
    "token": ("oidc.token.Token", ["client_secret_post", "client_secret_basic"]),
    "userinfo": ("oidc.userinfo.UserInfo", ["bearer_header"]),
}


def build(issuer: str, folder: Path, people: dict[str, Any], redirect_uris: list[str]) -> Server:
    """One issuer whose people sign in with `PASSWORD`; `people` is what its tokens say of each."""
    (folder / "templates").mkdir(parents=True)
    (folder / "templates/form.jinja2").write_text(_FORM)
    (folder / "passwords.json").write_text(json.dumps(dict.fromkeys(people, PASSWORD)))
    config = _configured(issuer, folder, people)
    server = Server(OPConfiguration(conf=config, base_path=str(folder)), cwd=str(folder))
    server.context.cdb[CLIENT] = {
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_uris": [(uri, {}) for uri in redirect_uris],
        "response_types_supported": ["code"],
        "token_endpoint_auth_method": "client_secret_post",
        "allowed_scopes": ["openid", "profile", "email"],
    }
    return server


def _configured(issuer: str, folder: Path, people: dict[str, Any]) -> dict[str, Any]:
    """Code flow with PKCE and nothing else."""
    paths = {name: path for path, name in _ROUTES.items()}
    pkce = {"function": "idpyoidc.server.oauth2.add_on.pkce.add_support", "kwargs": {"essential": True}}
    keys = [{"type": "RSA", "use": ["sig"]}, {"type": "EC", "crv": "P-256", "use": ["sig"]}]
    return {
        "issuer": issuer,
        "preference": {
            "subject_types_supported": ["public"],
            "grant_types_supported": ["authorization_code"],
        },
        "httpc_params": {"verify": False, "timeout": 4},
        "template_dir": "templates",
        "token_handler_args": _tokens(folder),
        "keys": {"uri_path": "jwks.json", "key_defs": keys},
        "endpoint": {
            name: {
                "path": paths[name],
                "class": f"idpyoidc.server.{where}",
                "kwargs": {"client_authn_method": methods},
            }
            for name, (where, methods) in _ENDPOINTS.items()
        },
        "authentication": {"user": _sign_in(issuer.rsplit("/", 1)[1], folder)},
        "userinfo": {"class": "idpyoidc.server.user_info.UserInfo", "kwargs": {"db": people}},
        "add_on": {"pkce": pkce},
    }


def _tokens(folder: Path) -> dict[str, Any]:
    sealing = {"type": "oct", "bytes": 24, "use": ["enc"], "kid": "code"}
    token, id_token = "jwt_token.JWTToken", "id_token.IDToken"
    return {
        "jwks_def": {"private_path": str(folder / "token_jwks.json"), "key_defs": [sealing]},
        "code": {"kwargs": {"lifetime": 60}},
        "token": {"class": f"idpyoidc.server.token.{token}", "kwargs": {"lifetime": 60}},
        "id_token": {
            "class": f"idpyoidc.server.token.{id_token}",
            "kwargs": {"base_claims": _IN_ID_TOKENS},
        },
    }


def _sign_in(agency: str, folder: Path) -> dict[str, Any]:
    passwords = {"filename": str(folder / "passwords.json")}
    return {
        "acr": "urn:example:loa:1",
        "class": "idpyoidc.server.user_authn.user.UserPassJinja2",
        "kwargs": {
            "verify_endpoint": f"/{agency}/verify",
            "template": "form.jinja2",
            "page_header": f"Sign-in of {agency}",
            "db": {"class": "idpyoidc.server.util.JSONDictDB", "kwargs": passwords},
        },
    }


class Pages(BaseHTTPRequestHandler):
    """The issuers' addresses. What idpyoidc answers is passed on as it is."""

    servers: dict[str, Server]

    def do_GET(self) -> None:
        self._answer(dict(parse_qsl(urlsplit(self.path).query)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(dict(parse_qsl(body)))

    def log_message(self, *said: Any) -> None:
        pass

    def _answer(self, asked: dict[str, str]) -> None:
        agency, _, page = urlsplit(self.path).path.strip("/").partition("/")
        server = self.servers.get(agency)
        if server is None:
            self._say(404, "no such issuer")
        elif page == "jwks.json":
            self._say(200, server.keyjar.export_jwks_as_json(), [("Content-type", "application/json")])
        elif page == "verify":
            self._let_in(server, asked)
        elif page in _ROUTES:
            self._serve(server.get_endpoint(_ROUTES[page]), asked)
        else:
            self._say(404, "no such page")

    def _serve(self, endpoint: Any, asked: dict[str, str]) -> None:
        cookies = SimpleCookie(self.headers.get("Cookie", "")).items()
        about = {
            "headers": {name.lower(): text for name, text in self.headers.items()},
            "method": self.command,
            "url": endpoint.full_path,
            "cookie": [{"name": name, "value": morsel.value} for name, morsel in cookies],
        }
        request = endpoint.parse_request(asked, http_info=about)
        if isinstance(request, ResponseMessage) and "error" in request:
            self._say(400, request.to_json())
            return
        answer = endpoint.process_request(request, http_info=about)
        if isinstance(answer, ResponseMessage) and "error" in answer:
            self._say(400, answer.to_json())
        elif "http_response" in answer:
            self._say(200, answer["http_response"], [("Content-type", "text/html; charset=utf-8")])
        else:
            self._pass_on(endpoint, request, answer)

    def _let_in(self, server: Server, typed: dict[str, str]) -> None:
        method = server.context.authn_broker.get_method_by_id("user")
        try:
            who = method.verify(**typed)
        except FailedAuthentication:
            self._say(403, "wrong")
            return
        said = method.unpack_token(typed["token"])
        request = AuthorizationRequest().from_urlencoded(said["query"])
        endpoint = server.get_endpoint("authorization")
        session = endpoint.create_session(request, who, said["authn_class_ref"], said["iat"], method)
        self._pass_on(endpoint, request, endpoint.authz_part2(request=request, session_id=session))

    def _pass_on(self, endpoint: Any, request: Any, answer: Any) -> None:
        told = endpoint.do_response(request=request, **answer)
        headers = list(told.get("http_headers", []))
        for cookie in told.get("cookie", []):
            headers.append(
                ("Set-Cookie", f"{cookie['name']}={cookie['value']}; Path=/; HttpOnly; SameSite=Lax")
            )
        if told.get("response_placement", endpoint.response_placement) == "url":
            self._say(302, "", [*headers, ("Location", told["response"])])
        else:
            self._say(told.get("response_code", 200), self._twist(told["response"]), headers)

    def _twist(self, text: Any) -> str:
        agency, _, page = urlsplit(self.path).path.strip("/").partition("/")
        text = text if isinstance(text, str) else str(text)
        if not text.startswith("{"):
            return text
        key = self.servers[agency].keyjar.get_signing_key("RSA")[0]
        return twisted(agency, page, text, key)

    def _say(self, status: int, text: Any, headers: Any = ()) -> None:
        body = text.encode() if isinstance(text, str) else str(text).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(folder: str, agencies: str) -> None:
    """Serve until ended; print the port once it listens."""
    warnings.simplefilter("ignore")  # "for testing only", which is what this is for
    pages = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    port = pages.server_address[1]
    Pages.servers = {
        agency: build(
            f"http://127.0.0.1:{port}/{agency}", Path(folder) / agency, said["people"], said["redirect_uris"]
        )
        for agency, said in json.loads(agencies).items()
    }
    print(port, flush=True)
    pages.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
