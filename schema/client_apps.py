"""Apps of communities, streets and counties, as they draw themselves and as they are kept."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from db import client_apps
from db.vocabulary import CaseKind
from resolvers import client_apps as keeping
from schema import connection, filters
from schema.burden import ThePlace
from schema.connection import PageInfo
from schema.context import Ask
from schema.ids import global_id
from schema.places import Division
from schema.queries import path_of
from schema.scalars import PageCursor
from schema.shown import Shown, own

TheCode = Annotated[str, strawberry.argument(description="Code of the app.")]


@strawberry.type(description="An operation document that an app may send.")
class ClientAppDocument(Shown):
    row: strawberry.Private[Any]

    sha256: str = own("Of the document's text in UTF-8, 64 small hexadecimal digits.")
    name: str = own("What it is for.")


@strawberry.type(description="小程序: an app that a community, street or county gives its residents.")
class ClientApp(Shown):
    row: strawberry.Private[Any]

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("ClientApp", self.row.id)

    code: str = own("Code: the value of the header X-Gridcast-App, of `app` in connection_init and in POST /guest.")
    version: int = own("Counts its changes.")
    name: str = own("Chinese name.")
    colour: str = own("Main colour, #RRGGBB.")
    is_active: bool = own("Whether its requests are answered.")
    only_registered: bool = own("Whether it may send registered documents only.")

    @strawberry.field(description="Picture of GET /files/{id}, open to everybody; null where it has none.")
    def logo_id(self) -> strawberry.ID | None:
        return None if self.row.logo_id is None else strawberry.ID(self.row.logo_id)

    @strawberry.field(description="What may be handed in through it, in the order 问, 办, 说, 报.")
    def scenes(self) -> list[CaseKind]:
        return [CaseKind[scene] for scene in self.row.scenes]

    @strawberry.field(description="Whose app it is: what is handed in through it lies there.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))

    @strawberry.field(description="Documents it may send, by name; at most 200. Empty for who does not keep it.")
    async def documents(self, info: Ask) -> list[ClientAppDocument]:
        if not keeping.may_keep(info.context.viewer, self.row.path):
            return []
        rows = await info.context.loaders.app_documents.load(self.row.id)
        return [ClientAppDocument(row=row) for row in rows]


@strawberry.type(description="An app in a list.")
class ClientAppEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: ClientApp = strawberry.field(description="The app.")


@strawberry.type(description="A page of apps.")
class ClientAppConnection:
    edges: list[ClientAppEdge] = strawberry.field(description="This page, in order of registration.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


async def app_now(info: Ask, app_id: int | None) -> ClientApp:
    info.context.renew()
    async with info.context.db.read() as session:
        row = await client_apps.by_id(session, info.context.viewer.realm, app_id or 0)
    return ClientApp(row=row)


@strawberry.type
class ClientAppQuery:
    @strawberry.field(
        description="An app that is in use, for its page to draw itself; null for every other code. Needs no "
        "account: a token of POST /guest will do."
    )
    async def client_app(self, info: Ask, code: TheCode) -> ClientApp | None:
        row = await keeping.find(info.context.db, info.context.viewer.realm, code)
        return None if row is None else ClientApp(row=row)

    @strawberry.field(
        description="Apps of a division and below, retired ones too, in order of registration; null for who does not "
        "keep them."
    )
    async def client_apps(
        self, info: Ask, division: ThePlace, first: filters.First = 20, after: filters.After = None
    ) -> ClientAppConnection | None:
        path = await path_of(info, division)
        if path is None or not keeping.may_keep(info.context.viewer, path):
            return None
        size, last = connection.page_size(first), connection.id_after(after, "app")
        async with info.context.db.read() as session:
            rows = await client_apps.page(session, info.context.viewer.realm, path, first=size + 1, after_id=last)
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("app", row.id) for row in page.rows]
        nodes = [ClientApp(row=row) for row in page.rows]
        edges = [ClientAppEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)]
        return ClientAppConnection(
            edges=edges, page_info=connection.page_info(cursors, has_next=page.has_next, after=after)
        )
