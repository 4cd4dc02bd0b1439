"""Words of what is known of a grid: its party organisation, its programmes."""

from __future__ import annotations

from db.vocabulary.word import Word


class PartyOrganisationKind(Word):
    """What a grid has of a party organisation."""

    GRID_BRANCH = "GRID_BRANCH", "网格党支部", "A branch of the grid."
    BUILDING_GROUP = "BUILDING_GROUP", "楼栋党小组", "A group of a building."
    MEMBER_HOUSEHOLD = "MEMBER_HOUSEHOLD", "党员中心户", "The household of a member where others meet."
    OTHER = "OTHER", "其他", "Another form."


class GridProgramme(Word):
    """A programme that grids take part in; a tag on grids and cases."""

    SAFETY_OUTPOST = "SAFETY_OUTPOST", "平安前哨", "Safety Outpost: first sensor, mediation, defence, window."
