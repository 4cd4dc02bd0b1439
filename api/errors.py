"""What a client is told when something went wrong: a code, a sentence in its language, and never our insides."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any

import structlog
from graphql import GraphQLError

from resolvers.refusals import Code, Refusal

ERRORS_MOST = 10  # of one answer
_SUGGESTION = re.compile(r"\s*Did you mean .*\?$", re.DOTALL)
_CHAIN = 8  # wrappers between a refusal and the error that reaches us

log = structlog.get_logger("gridcast.errors")


class Presenter:
    """Errors of one operation, as a client may see them."""

    def __init__(self, language: str, request_id: str, *, suggestions: bool = False) -> None:
        self._language = language
        self._request_id = request_id
        self._suggestions = suggestions

    @property
    def request_id(self) -> str:
        return self._request_id

    def refusal(self, refusal: Refusal) -> dict[str, Any]:
        extensions: dict[str, Any] = {"code": refusal.code.value, "requestId": self._request_id}
        if refusal.field:
            extensions["field"] = list(refusal.field)
        return {"message": refusal.message(self._language), "extensions": extensions}

    def before_execution(self, errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
        """Validation: the request itself is wrong, in the words of the validator."""
        return [self._one(error, Code.BAD_REQUEST) for error in errors[:ERRORS_MOST]]

    def of_execution(self, errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
        return [self._one(error, Code.BAD_USER_INPUT) for error in errors[:ERRORS_MOST]]

    def failure(self, error: BaseException) -> dict[str, Any]:
        """Our own mistake: one log line with the traceback, and its number for the caller."""
        error_id = secrets.token_hex(6)
        log.error("internal_error", error_id=error_id, request_id=self._request_id, exc_info=error)
        shown = self.refusal(Refusal(Code.INTERNAL, error_id=error_id))
        shown["extensions"]["errorId"] = error_id
        return shown

    def _one(self, error: GraphQLError, code: Code) -> dict[str, Any]:
        shown = self._body(error, code)
        if error.locations:
            shown["locations"] = [place.formatted for place in error.locations[:1]]
        if error.path is not None:
            shown["path"] = error.path
        return shown

    def _body(self, error: GraphQLError, code: Code) -> dict[str, Any]:
        if refusal := refusal_in(error):
            return self.refusal(refusal)
        cause = _root_cause(error)
        if isinstance(cause, RecursionError):
            return self.refusal(Refusal(Code.QUERY_TOO_COMPLEX, detail="nested too deep"))
        if _is_statement_timeout(cause):
            log.warning("statement_timeout", request_id=self._request_id)
            return self.refusal(Refusal(Code.TIMEOUT))
        if isinstance(cause, GraphQLError) and _is_callers(error):
            message = error.message if self._suggestions else _SUGGESTION.sub("", error.message)
            return self.refusal(Refusal(code, detail=_printable(message)))
        return self.failure(cause)


def refusal_in(error: BaseException) -> Refusal | None:
    """The refusal that an error wraps: resolvers raise it bare, scalars and arguments inside other errors."""
    current: BaseException | None = error
    for _ in range(_CHAIN):
        if current is None:
            return None
        if isinstance(current, Refusal):
            return current
        current = getattr(current, "original_error", None) or current.__cause__
    return None


def _root_cause(error: GraphQLError) -> BaseException:
    """The exception of ours below the wrappers; a GraphQLError when there is none."""
    current: BaseException = error
    for _ in range(_CHAIN):
        inner = current.original_error if isinstance(current, GraphQLError) else None
        if inner is None:
            return current
        current = inner
    return current


def _is_callers(error: GraphQLError) -> bool:
    """Whether the engine complains about what came in. What it says of an answer of ours is our own mistake."""
    return error.path is None or error.message.startswith("Argument ")


def _is_statement_timeout(error: BaseException) -> bool:
    # By name: this floor knows no database driver.
    causes = (error, getattr(error, "orig", None), error.__cause__)
    is_named = any(type(cause).__name__ == "QueryCanceledError" for cause in causes)
    return is_named or "canceling statement due to statement timeout" in str(error)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "�" for char in text)[:500]
