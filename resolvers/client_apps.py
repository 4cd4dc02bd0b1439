"""Apps of communities, streets and counties: registered by who works there, named by every request of theirs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from db import client_apps, places
from db.attachments import find_photo_without_scope, is_photo_id
from db.client_apps import AppRow
from db.database import Database, Session
from db.scope import ScopeKind
from db.vocabulary import CaseKind, DivisionLevel, Realm, Role
from resolvers import once, texts
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.viewer import Viewer

SCENES = (CaseKind.QUESTION, CaseKind.SERVICE_REQUEST, CaseKind.VOICE, CaseKind.PROBLEM)
LEVELS = frozenset({DivisionLevel.COUNTY, DivisionLevel.TOWNSHIP, DivisionLevel.COMMUNITY})
MAY_REGISTER = frozenset({Role.COMMANDER, Role.SHIFT_LEADER, Role.COMMUNITY_WORKER})
DOCUMENTS_MOST = 200
NAME_MAX = 40
_CODE = re.compile(r"[a-z][a-z0-9-]{1,31}")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Look:
    """What of an app may change: its branding, its scenes, its documents (name by sha256)."""

    name: str
    colour: str
    scenes: Sequence[CaseKind]
    logo_id: str | None = None
    only_registered: bool = False
    documents: Mapping[str, str] = field(default_factory=dict)


# -- naming one


async def admit(db: Database, viewer: Viewer, named: str | None, query: str) -> Viewer:
    """The viewer with the app they speak through: that of their token, else the one they name.

    Refuses an app that is not there, and a document that the app is not registered with.
    """
    code = viewer.claims.app if viewer.claims is not None and viewer.claims.app else named
    if code is None:
        return viewer
    async with db.read() as session:
        app = await client_apps.by_code(session, viewer.realm, code[:40])
        if app is None or not app.is_active:
            raise Refusal(Code.APP_UNKNOWN, app=code[:40])
        if app.only_registered:
            digest = hashlib.sha256(query.encode()).hexdigest()
            if not await client_apps.has_document(session, app.id, digest):
                raise Refusal(Code.DOCUMENT_NOT_REGISTERED, app=app.name)
    return replace(viewer, app=app.code)


async def find(db: Database, realm: Realm, code: str) -> AppRow | None:
    """An app that is in use, for everybody."""
    async with db.read() as session:
        app = await client_apps.by_code(session, realm, code[:40])
    return app if app is not None and app.is_active else None


async def require_scene(session: Session, viewer: Viewer, kind: CaseKind, path: str) -> None:
    """Through an app one hands in what it is for, in its division. Without an app, everything."""
    if viewer.app is None:
        return
    app = await client_apps.by_code(session, viewer.realm, viewer.app)
    if app is None or not app.is_active:  # retired since the request was let in
        raise Refusal(Code.APP_UNKNOWN, app=viewer.app)
    if kind not in app.scenes:
        raise Refusal(Code.NOT_IN_APP, field=["kind"], app=app.name, kind=kind.label, kind_name=kind.name)
    if not path.startswith(app.path):
        raise Refusal(Code.OUTSIDE_APP, field=["grid"], app=app.name)


# -- keeping them


async def register(db: Database, call: Call, code: str, division_code: str, look: Look) -> Result:
    """Let an app be: from its first request on it is known."""
    _require_role(call, "登记应用", "CLIENT_APP_REGISTER")
    _require(_CODE.fullmatch(code) is not None, "code", "2 至 32 位小写字母、数字或连字符，以字母开头",
             "2 to 32 small letters, digits or hyphens, a letter first")  # fmt: skip

    async def work(session: Session) -> Result:
        division = await places.division(session, division_code)
        if division is None or not may_keep(call.viewer, division.path):
            raise not_found(call, "division", "该行政区划", "The division")
        _require(division.level in LEVELS, "division", "应为县（市、区）、街道（乡镇）或社区（村）",
                 "a county, a township or a community")  # fmt: skip
        if await client_apps.by_code(session, call.viewer.realm, code) is not None:
            raise Refusal(Code.APP_EXISTS, field=["code"], app=code)
        columns = await _columns(session, call, look, None)
        fixed = {"realm": call.viewer.realm, "version": 1, "code": code, "is_active": True}
        place = {"division_code": division.code, "path": division.path}
        by = {"registered_by": call.viewer.principal, "registered_at": call.now}
        app_id = await client_apps.add(session, {**fixed, **place, **by, **columns})
        return await _done(session, call, app_id, 1, look)

    return await once.once(db, call, work)


async def amend(db: Database, call: Call, app_id: int, look: Look) -> Result:
    """Give an app another look, other scenes or other documents; it counts from the next request on."""

    async def work(session: Session) -> Result:
        app = await _held(session, call, app_id)
        columns = await _columns(session, call, look, app.logo_id)
        await client_apps.change(session, app.id, columns | {"version": app.version + 1})
        return await _done(session, call, app.id, app.version + 1, look)

    return await once.once(db, call, work)


async def retire(db: Database, call: Call, app_id: int) -> Result:
    """Its requests are refused from now on; its code is not given again."""

    async def work(session: Session) -> Result:
        app = await _held(session, call, app_id)
        columns = {"is_active": False, "version": app.version + 1, "updated_at": call.now}
        await client_apps.change(session, app.id, columns)
        return await _done(session, call, app.id, app.version + 1, None)

    return await once.once(db, call, work)


def may_keep(viewer: Viewer, path: str) -> bool:
    """Whether the apps of a division are somebody's to keep."""
    return Role.SYSTEM_ADMIN in viewer.roles or any(
        grant.role in MAY_REGISTER and grant.kind is ScopeKind.DIVISION and path.startswith(grant.value)
        for grant in viewer.grants
    )


async def _held(session: Session, call: Call, app_id: int) -> AppRow:
    _require_role(call, "维护应用", "CLIENT_APP_AMEND")
    app = await client_apps.by_id(session, call.viewer.realm, app_id, hold=True)
    if app is None or not may_keep(call.viewer, app.path):
        raise not_found(call, "id", "该应用", "The app")
    if call.expected_version is not None and call.expected_version != app.version:
        raise Refusal(Code.CONFLICT, field=["expectedVersion"], version=app.version)
    return app


async def _columns(session: Session, call: Call, look: Look, logo_before: str | None) -> dict[str, object]:
    name = texts.text(look.name, "name", limit=NAME_MAX)
    _require(_COLOUR.fullmatch(look.colour) is not None, "colour", "#RRGGBB 颜色", "a colour #RRGGBB")
    scenes = [scene for scene in SCENES if scene in look.scenes]
    _require(
        bool(scenes) and set(look.scenes) <= set(SCENES),
        "scenes",
        "至少一个场景：你问我答、我有事办、我有话说、报事",
        "at least one of QUESTION, SERVICE_REQUEST, VOICE, PROBLEM",
    )
    _require(
        len(look.documents) <= DOCUMENTS_MOST and all(map(_SHA256.fullmatch, look.documents)),
        "documents",
        f"最多 {DOCUMENTS_MOST} 个，每个为小写 sha256",
        f"at most {DOCUMENTS_MOST}, each a sha256 in small hex",
    )
    _require(bool(look.documents) or not look.only_registered, "documents", "限定文档的应用至少登记一个文档",
             "at least one document where only registered ones are allowed")  # fmt: skip
    if look.logo_id is not None and look.logo_id != logo_before:
        await _require_own_picture(session, call, look.logo_id)
    return {
        "name": name, "colour": look.colour.upper(), "logo_id": look.logo_id, "scenes": scenes,
        "only_registered": look.only_registered, "updated_at": call.now,
    }  # fmt: skip


async def _require_own_picture(session: Session, call: Call, photo_id: str) -> None:
    photo = await find_photo_without_scope(session, photo_id, call.viewer.realm) if is_photo_id(photo_id) else None
    if photo is None or photo.uploader != call.viewer.principal or photo.case_id is not None:
        raise not_found(call, "logoId", "该图片", "The picture")


async def _done(session: Session, call: Call, app_id: int, version: int, look: Look | None) -> Result:
    if look is not None:
        named = {digest: texts.text(name, "documents.name", limit=80) for digest, name in look.documents.items()}
        await client_apps.set_documents(session, app_id, named)
    result = Result(0, version, object_id=app_id)
    await once.settle(session, call, result)
    return result


def _require_role(call: Call, action: str, name: str) -> None:
    if not call.viewer.roles & (MAY_REGISTER | {Role.SYSTEM_ADMIN}):
        raise Refusal(Code.FORBIDDEN, action=action, action_name=name)


def _require(is_right: bool, field_name: str, expected: str, expected_en: str) -> None:
    if not is_right:
        raise Refusal(Code.INVALID_INPUT, field=[field_name], expected=expected, expected_en=expected_en)
