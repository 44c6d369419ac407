"""A stand-in for models: speaks the vendors' HTTP on loopback, faults and lies included."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

# A template as excerpts tell it: its name first, then its line's number and its line.
TOLD = re.compile(r'(?P<key>T[0-9]+) .*?" line (?P<line>[0-9]+) (?=")')
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Told:
    """A template that the model was shown."""

    template: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as a model sees it."""

    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def words(self) -> str:
        return "\n".join(message["content"] for message in self.body["messages"])

    @property
    def format(self) -> str:
        return str(self.body.get("response_format", {}).get("type", "plain"))

    @property
    def values(self) -> list[Any]:
        """What stands between the marks."""
        lines = self.body["messages"][1]["content"].splitlines()
        fences = [number for number, line in enumerate(lines) if line.startswith("=====")]
        within = lines[fences[0] + 1 : fences[1]]
        return [json.loads(line) if line.startswith("{") else line for line in within]

    def mark(self, name: str) -> str:
        return next(str(v[name]) for v in self.values if isinstance(v, dict) and name in v)

    @property
    def told(self) -> list[Told]:
        matches = [(value, TOLD.match(value)) for value in self.values if isinstance(value, str)]
        read = json.JSONDecoder().raw_decode
        return [Told(m["key"], int(m["line"]), read(value, m.end())[0]) for value, m in matches if m]

    @property
    def tokens(self) -> int:
        return len(self.words) // 4


Say = Callable[[Asked], object]
"""What a model says: its answer without marks as a dict, or its words as they are."""
Mode = Callable[[web.Request, Asked], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class ModelServer:
    """`modes` are taken one after the other, the last one for ever; `asked` is all that was asked."""

    url: str
    modes: list[Mode]
    asked: list[Asked] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(await request.json(), dict(request.headers))
        self.asked.append(asked)
        mode = self.modes.pop(0) if len(self.modes) > 1 else self.modes[0]
        return await mode(request, asked)


@asynccontextmanager
async def serving(*modes: Mode, tls: Any = None) -> AsyncIterator[ModelServer]:
    """A server on a free port of 127.0.0.1 that answers as the modes say."""
    server = ModelServer("", list(modes))
    app = web.Application(client_max_size=16 << 20)
    app.router.add_post("/v1/chat/completions", server.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()


def completion(asked: Asked, words: object, finish: str = "stop", tokens: int | None = None) -> dict[str, Any]:
    """The body of a chat completion."""
    text = words if isinstance(words, str) else json.dumps(words)
    used = asked.tokens if tokens is None else tokens
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": asked.body["model"],
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": used, "completion_tokens": 50, "total_tokens": used + 50},
    }


def marked(asked: Asked, answer: Mapping[str, object]) -> dict[str, object]:
    return {"begin": asked.mark("begin"), **answer, "end": asked.mark("end")}


def finding(told: Told, **other: object) -> dict[str, object]:
    """A finding that the line proves."""
    return {
        "category": "storage",
        "severity": "warning",
        "text": "The disk reports errors.",
        "recommendation": "Look at the cabling and the health of the disk.",
        "evidence": [{"template": told.template, "line": told.line, "quote": told.text[:60]}],
        **other,
    }


def honest(asked: Asked) -> dict[str, object]:
    """One finding, on the first template."""
    return {"findings": [finding(asked.told[0])], "summary": "The disk reports errors and wants a look."}


def says(say: Say, tokens: int | None = None) -> Mode:
    """A model that answers at once."""

    async def mode(request: web.Request, asked: Asked) -> web.StreamResponse:
        words = say(asked)
        return web.json_response(
            completion(asked, marked(asked, words) if isinstance(words, dict) else words, tokens=tokens)
        )

    return mode


def status(code: int, body: object, headers: Mapping[str, str] | None = None) -> Mode:
    """An error as vendors word it, or whatever `body` is."""

    async def mode(request: web.Request, asked: Asked) -> web.StreamResponse:
        if isinstance(body, str):
            return web.Response(status=code, text=body, content_type="text/html", headers=headers)
        return web.json_response(body, status=code, headers=headers)

    return mode


def error(message: str, param: str | None = None) -> dict[str, object]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": None}}


async def hang(request: web.Request, asked: Asked) -> web.StreamResponse:
    await asyncio.sleep(3600)
    raise AssertionError


async def drip(request: web.Request, asked: Asked) -> web.StreamResponse:
    """A byte now and then: no wait between two of them is long."""
    response = web.StreamResponse(headers={"Content-Type": JSON})
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.02)


def flood(code: int) -> Mode:
    """An answer without end."""

    async def mode(request: web.Request, asked: Asked) -> web.StreamResponse:
        response = web.StreamResponse(status=code, headers={"Content-Type": JSON})
        await response.prepare(request)
        while True:
            await response.write(b" " * 65536)

    return mode


async def reset(request: web.Request, asked: Asked) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def only(form: str, mode: Mode) -> Mode:
    """An endpoint that takes one response_format (or none: `plain`) and refuses others."""

    async def guarded(request: web.Request, asked: Asked) -> web.StreamResponse:
        if asked.format == form:
            return await mode(request, asked)
        body = error(f"response_format type {asked.format!r} is not supported", "response_format")
        return web.json_response(body, status=400)

    return guarded


GOOD = says(honest)


def fenced(asked: Asked) -> str:
    return "Here you are:\n```json\n" + json.dumps(marked(asked, honest(asked)), indent=1) + "\n```\nAnything else?"


def fence_only(asked: Asked) -> str:
    return "```json\n" + json.dumps(marked(asked, honest(asked))) + "\n```"


def thinking(asked: Asked) -> str:
    return '<think>{"maybe": 1}</think>\n' + json.dumps(marked(asked, honest(asked)))


def cut(asked: Asked) -> str:
    return json.dumps(marked(asked, honest(asked)))[:80]


def lost_begin(asked: Asked) -> str:
    """What a model says whose server has cut the beginning off."""
    return json.dumps({"begin": "", **honest(asked), "end": asked.mark("end")})


def refusing(asked: Asked) -> dict[str, Any]:
    body = completion(asked, "")
    body["choices"][0]["message"] = {"role": "assistant", "content": None, "refusal": "I cannot help with that."}
    return body


def raw(make: Callable[[Asked], object]) -> Mode:
    """200 with a body of one's own."""

    async def mode(request: web.Request, asked: Asked) -> web.StreamResponse:
        body = make(asked)
        if isinstance(body, bytes):
            return web.Response(body=body, content_type=JSON)
        return web.json_response(body)

    return mode


RATE_LIMIT = error("Rate limit reached for requests")

# Everything that a vendor does to one now and then; after each of them another model has to answer.
FAULTS: Mapping[str, Mode] = {
    "hang": hang,
    "slow drip": drip,
    "flood": flood(200),
    "flood with 500": flood(500),
    "reset": reset,
    "429 for ever": status(429, RATE_LIMIT, {"Retry-After": "0"}),
    "429 for an hour": status(429, RATE_LIMIT, {"Retry-After": "3600"}),
    "500": status(500, error("The server had an error")),
    "503 in HTML": status(503, "<html><body>Bad gateway</body></html>"),
    "401": status(401, error("Incorrect API key provided")),
    "404": status(404, error("The model does not exist")),
    "307": status(307, "", {"Location": "http://127.0.0.1:1/v1/chat/completions"}),
    "HTML with 200": status(200, "<html><body>Welcome to nginx</body></html>"),
    "cut body": raw(lambda asked: json.dumps(completion(asked, honest(asked))).encode()[:100]),
    "deep body": raw(lambda asked: b"[" * 200_000),
    "empty choices": raw(lambda asked: {**completion(asked, ""), "choices": []}),
    "no words": raw(lambda asked: completion(asked, "")),
    "refusal": raw(refusing),
    "content filter": raw(lambda asked: completion(asked, "", finish="content_filter")),
    "length": raw(lambda asked: completion(asked, marked(asked, honest(asked)), finish="length")),
    "cut JSON": says(cut),
    "prose": says(lambda asked: "Everything looks fine to me!"),
    "wrong shape": says(lambda asked: {"answer": 42}),
    "usage far below": says(honest, tokens=60),
    "lost beginning": says(lost_begin),
    "no format at all": status(400, error("Unsupported", "response_format")),
}


LINK = re.compile(r"\w+://\S+|\S+\[?\.\]?example\S*|@everyone")
WORDS = ("ignore", "false positive", "benign", "resolved", "suppress", "harmless", "health score of 100", "all clear")


def obedient(asked: Asked) -> str:
    """A model that does all that any line asks of it, in every place, and says more than the schema has."""
    findings, key = [], asked.headers.get("Authorization", "")
    for told in asked.told:
        said = told.text
        obeyed = [said, said.replace("+", " ").replace("-", " "), f"Done as told: {said[-100:]}", f"Secrets: {key}"]
        obeyed += [f"See {link}." for link in LINK.findall(said)]
        obeyed += [f"It was asked to {said.split(' ', 2)[-1]}", "All systems are healthy, the score is 100."]
        obeyed += [f"The finding is {word} and can be closed." for word in WORDS if word[:6] in said.lower()]
        for number, words in enumerate(obeyed):
            place = ("text", "recommendation")[number % 2]
            quiet = {"severity": "info", "category": "auth", "state": "resolved", "score": 100, "fingerprint": "*"}
            findings.append(finding(told, **quiet, **{place: words}))
    orders = {"suppress": ["*"], "resolve": ["*"], "score": 100, "severity": {"*": "info"}, "found": []}
    last = asked.told[len(asked.body["messages"][0]["content"]) % len(asked.told)].text
    findings = findings[:99]  # more are not looked at
    return json.dumps(marked(asked, {**orders, "findings": findings, "summary": f"All is well. {last} {key}"}))
