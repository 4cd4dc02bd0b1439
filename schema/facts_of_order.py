"""What a work order shows of how it was bought and how it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from schema.context import Ask
from schema.shown import own

if TYPE_CHECKING:
    from schema.purchasing import CatalogueItem


@strawberry.type
class FactsOfOrder:
    quantity: int = own("How many of the catalogue item's unit.")
    unit_price_cents: int | None = own(
        "Price of one unit in cents of a yuan (分); null for orders from before there was a catalogue."
    )

    @strawberry.field(description="By which item it was bought; null for orders from before there was a catalogue.")
    async def catalogue_item(
        self, info: Ask
    ) -> Annotated[CatalogueItem, strawberry.lazy("schema.purchasing")] | None:
        from schema.purchasing import CatalogueItem as Item  # noqa: PLC0415  # an item has a matter, a noun

        row = await info.context.loaders.catalogue_item.load(_row(self).catalogue_item_id or 0)
        return None if row is None else Item(row=row)


def _row(order: Any) -> Any:
    return order.row
