"""Logs: one JSON line an event, with the request's number, without anybody's phone or identity number."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor

# Identity number (18 digits, the last may be X), mobile phone, landline with area code.
_PERSONAL = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|(?:\+?86[- ]?)?1[3-9]\d{9}|0\d{2,3}-\d{7,8})(?!\d)")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SECRET_KEYS = frozenset({"authorization", "token", "secret", "password", "cookie"})


def redact(text: str) -> str:
    """The text without numbers of persons and with control characters made visible."""
    shown = _PERSONAL.sub("[redacted]", text)
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", shown)


def _redact_all(_logger: object, _method: str, event: EventDict) -> EventDict:
    event.pop("color_message", None)  # uvicorn says the same twice
    return {key: "***" if key.lower() in _SECRET_KEYS else _clean(value) for key, value in event.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


def _console() -> Processor:
    # Plain tracebacks: the pretty ones take a second each and print the values of variables, persons' among them.
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _to_json(event: EventDict, **_: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def set_up_logging(*, dev: bool = False, level: int = logging.INFO) -> None:
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = (
        [_redact_all, _console()]
        if dev
        else [structlog.processors.format_exc_info, _redact_all, structlog.processors.JSONRenderer(_to_json)]
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)  # addresses hold ids; operations are logged by us
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # a line for each message sent, with a provider's address
    quiet_engine()
    structlog.configure(
        processors=[*shared[:3], *shared[4:], structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def quiet_engine() -> None:
    """The engine's own log repeats query texts and tracebacks of refusals; `api.errors` logs what matters."""
    logging.getLogger("strawberry.execution").setLevel(logging.CRITICAL + 1)
