"""The pages of docs/ that are printed from code, so that they cannot tell an older story than the code does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from api.commands import stop
from api.envelope import STATUS_OF
from db.vocabulary import OPEN_STATES, STAGE_OF_STATE, CaseState, LimitUnit, Role
from db.vocabulary.word import Word, all_words
from resolvers.refusals import CATALOGUE, Code
from resolvers.rules import deadlines, guards, lifecycle
from resolvers.rules.lifecycle import SUBMITTERS, TABLE, Clock
from resolvers.rules.orders import ORDER_TABLE
from resolvers.rules.policy import Policy
from resolvers.rules.standing import Party

DOCS = Path(__file__).resolve().parent.parent / "docs"
PRINTED = "*Printed by `python -m api docs`; edit the code it names, not this page. 本页由程序打印，请勿手工修改。*"

commands = typer.Typer()

CLOCK_WORDS = {
    Clock.START: "开始 starts",
    Clock.PAUSE: "暂停 stands still",
    Clock.RESUME: "恢复 runs on with what was left",
    Clock.STOP: "停止 stops",
    Clock.CONTINUE: "继续 runs on to the same due time",
    Clock.NONE: "—",
}
GUARD_WORDS: dict[Callable[..., Code | None], str] = {
    guards.no_open_work_orders: "没有未办结的任务单 no open work order (`OPEN_WORK_ORDERS`)",
    guards.not_ruled: "未经权责裁定 no ruling binds the unit (`RULING_BINDS`)",
    guards.views_agree: "单位意见未起争议 no units disagree whose it is (`RULING_REQUIRED`)",
    guards.is_common_superior: "争议单位的共同上级 common superior of all units (`NOT_THE_COMMON_SUPERIOR`)",
    guards.no_open_children: "子件均已办结 no part is still open (`OPEN_CHILDREN`)",
    guards.is_divided: "已分办 divided among units (`NO_CHILDREN`)",
    guards.is_not_divided: "未分办 not divided among units (`COMBINED_REPLY_REQUIRED`)",
    guards.is_no_child: "不是子件 not itself a part (`IS_A_CHILD`)",
    guards.is_shared: "已共享 shared with a unit (`NOT_SHARED`)",
    guards.has_disposition: "本轮已有处理意见 a disposition of this round (`DISPOSITION_REQUIRED`)",
    guards.joint_units_have_spoken: "联办单位均已出具意见 joint units have spoken (`JOINT_DISPOSITION_REQUIRED`)",
    guards.assists: "须为协办或联办 with right ASSIST or JOINT (`FORBIDDEN`)",
    guards.has_response: "本轮回应已送达 a response of this round arrived, or cannot (`RESPONSE_REQUIRED`)",
    guards.has_commitment: "有待兑现的承诺 a commitment is under way (`NO_COMMITMENT`)",
    guards.has_open_delivery: "有待送达的回应 a response is on its way (`NO_DELIVERY`)",
    guards.no_open_expedite: "督办均已答复 every expedite order has its reply (`REPLY_REQUIRED`)",
    guards.has_open_expedite: "有待答复的督办 an expedite order waits for its reply (`NO_EXPEDITE_ORDER`)",
    guards.answers_for_it: "单位自己答复；无单位时由派遣员 the unit itself, or no unit has it (`FORBIDDEN`)",
    guards.found_by_staff: "网格员或社工上报 handed in by grid or community staff (`FORBIDDEN`)",
    guards.has_extensions_left: "已批准的延期少于两次 fewer than two extensions approved (`NO_EXTENSION_LEFT`)",
    guards.asks_for_no_extension: "没有待审批的延期 no extension waits (`EXTENSION_PENDING`)",
    guards.asks_for_an_extension: "有待审批的延期 an extension waits (`NOTHING_TO_DECIDE`)",
    guards.was_late: "曾超期 was late (`NOT_LATE`)",
    guards.has_not_appealed: "尚未申诉 not appealed yet (`ALREADY_APPEALED`)",
    guards.awaits_evaluation: "所属考核期首次公布 its period is published for the first time (`NOTHING_TO_DECIDE`)",
    guards.has_appealed: "有待裁定的申诉 an appeal waits (`NOTHING_TO_DECIDE`)",
    guards.was_settled_on_the_spot: "现场处置件 settled on the spot (`FORBIDDEN`)",
    guards.is_urgent: "紧急事件 urgent (`NOT_URGENT`)",
    guards.not_acknowledged: "尚未确认 not acknowledged yet (`ALREADY_ACKNOWLEDGED`)",
    guards.no_hop_under_way: "没有待签收的流转 no hop waits for its receipt (`HOP_NOT_RECEIVED`)",
    guards.has_hop_under_way: "有待签收的流转 a hop waits for its receipt (`NO_HOP`)",
    guards.held_here: "本中心持有 dispatcher of the centre that holds it (`NOT_HOLDER`)",
    guards.held_here_or_below: "流转后须由持有层级或其上级 after a hop, of its holder or above (`NOT_HOLDER`)",
    guards.answer_is_here: "轮到本中心回传 the answer is with this centre (`ANSWER_NOT_HERE`, `NO_ANSWER_DUE`)",
}
PARTY_WORDS = {
    Party.SUBMITTER: "上报人 submitter",
    Party.SHARER: "共享单位 unit it is shared with",
    Party.FOLLOWER: "关注人 follower",
}
PARTY_WORDS = {
    Party.SUBMITTER: "上报人 submitter",
    Party.SHARER: "共享单位 unit it is shared with",
    Party.FOLLOWER: "关注人 follower",
}
UNIT_WORDS = {
    LimitUnit.URGENT_HOUR: "runs day and night",
    LimitUnit.WORKING_HOUR: "runs inside office hours",
    LimitUnit.WORKING_DAY: "eight hours of office time",
    LimitUnit.NATURAL_DAY: "runs day and night",
}
WHERE_WORDS = {
    "userErrors": "`userErrors` of a mutation",
    "errors": "top-level `errors`, or `error` on a socket",
    "both": "`userErrors` of a mutation; top-level `errors` elsewhere",
    "HTTP": "HTTP answer of `/files` or of an over-long body",
}

TERMS = (
    ("division", "行政区划", "Province, prefecture, county, township or community: a tree of statistical codes."),
    ("grid", "网格", "The smallest governed area. It belongs to exactly one community."),
    ("centre", "指挥中心", "The body of a prefecture, county or township that runs the loop; `heldBy` names it."),
    ("hop", "层级流转", "One centre gives a case to the centre above or below, which signs for it: the receipt."),
    ("shift", "班次", "One duty shift of a centre, from one signature to the next."),
    ("dwell", "停留", "How long a case has stood in its link; the case in the middle speaks for the link."),
    ("unit board", "单位榜", "Units by what is unsigned, overdue and sent back."),
    ("return pair", "互推", "Two units, one of which sends cases back and names the other."),
    ("answer funnel", "答复漏斗", "How far the cases of a period have come: from taken up to agreed with."),
    ("catalogue candidate", "购买候选", "A matter whose work might be bought, by load, conflicts and difficulty."),
    ("cost report", "外包成本", "What the orders settled in a period cost, and what a resolved case did."),
    ("site contact", "现场联系人", "Whom a provider asks for at the place of its order; never the submitter."),
    ("catalogue coverage", "目录覆盖", "What the catalogue held on a month's last day, and of how many cases."),
    ("handover", "交接班", "What a shift leaves to the next, put down by the server and signed by both leaders."),
    ("seat", "席位", "A department that works at a centre."),
    ("command order", "指挥令", "One requirement to many units: each signs and reports for itself."),
    ("directive", "指令", "An instruction from a level down to every terminal below, with receipts."),
    ("terminal", "终端", "One end a directive goes down to: a centre, a township, a community or a grid."),
    ("focus", "大屏聚焦", "What the duty desk lets the walls of a division show, for a minute."),
    ("case", "事件", "One problem or demand on its way through the loop."),
    ("matter", "事项", "What a case is about; carries the standard and the time limit."),
    ("submission", "上报", "Handing a case in, whoever does it."),
    ("action", "流转动作", "One allowed move of the life-cycle: from, to, who, what must be supplied."),
    ("step", "办理记录", "What one action left in a case's history."),
    ("disposition", "处理意见", "The unit's finding and decision. It is not the response."),
    ("response", "回应", "What the submitter is told."),
    ("guest", "匿名居民", "Somebody without an account; what they hold opens one case."),
    ("poll token", "查询码", "Shows how one case goes, with its number; kept as a hash."),
    ("survey", "评价", "What whoever handed a case in says once it is closed."),
    ("beneficiary", "被代办人", "For whom somebody else handed a case in."),
    ("knowledge item", "知识", "A question and its answer, with source, place and validity; never cited when over."),
    ("visit", "走访", "Somebody was at the place of a case; near enough, it is proof."),
    ("pressing", "急难愁盼", "A flag on what presses people most."),
    ("consultation", "征求意见", "A division asks its people; one person, one vote, one answer to all."),
    ("collection field", "采集项", "A field with one owner, asked in one place, shared with who needs it too."),
    ("unified form", "基础+业务总表", "One form for every line of business; a fresh value fills it in."),
    ("list of today", "今日清单", "What waits for who works a grid, what is due first on top."),
    ("client app", "应用", "What a community, street or county gives its residents; a request may name it."),
    ("commitment", "承诺", "What was promised to who handed a case in, until when; has a clock of its own."),
    ("delivery", "送达", "One attempt to bring a response to its reader on one channel, with its receipt."),
    ("gateway", "网关", "A source system that carries answers of one channel, such as text messages."),
    ("outcome", "办理结果", "What became of the case; closed is not yet solved."),
    ("department", "责任部门", "Unit that answers for a case (`responsibleUnit`), also while others do the work."),
    ("service provider", "服务商", "Outside organisation that does outsourced routine tasks."),
    ("work order", "委托任务单", "A task offered to a service provider; a case may have several."),
    ("catalogue item", "政府购买目录项", "A routine task that may be bought: unit, ceiling, qualifications, dates."),
    ("reserved task", "不得购买事项", "A kind of task or a matter that is never given to a service provider."),
    ("crew", "班组", "People a service provider sends out together; a technician is one of them."),
    ("follower", "关注人", "Who follows a case without having handed it in: sees how it goes and what is answered."),
    ("urge", "催办", "A submitter or follower asks that something be done; once a day."),
    ("expedite order", "督办", "A demand for action on a late, returned, urged or key case; ends with a reply."),
    ("loop break", "断环", "Where the loop of a case is blocked 堵点, broken 断点 or divergent 分歧点."),
    ("verification", "核实", "Check before registering: does the problem exist?"),
    ("share", "共享", "Another unit may see a case, assist, or take part; who answers stays the same."),
    (
        "assisting unit",
        "协办单位",
        "A unit that adds its own disposition to the case of another and completes nothing.",
    ),
    ("completion check", "核查", "Check after handling, by somebody who did not handle it."),
    ("task permit", "准入", "The decision that grids may be given a task about a matter."),
    (
        "permit application",
        "准入申请",
        "A department asks that grids be given a matter; reviewed, then dated.",
    ),
    ("negative list", "负面清单", "Matters that may never be given to grids."),
    ("emergency permit", "紧急准入", "A matter let in at once for some days, public, reviewed afterwards."),
    ("police beat", "警格", "Area of a community police officer; many grids belong to one."),
    ("party coverage", "党建覆盖率", "Share of active grids with a party organisation; rounded down."),
    ("Safety Outpost", "平安前哨", "A programme: a tag on grids and cases, with four indicators."),
    ("burden", "减负", "What grid workers are given in a day, counted from what happened, below a ceiling."),
    ("handover", "人员交接", "Everything a grid worker who leaves held goes to another, at once."),
    ("jurisdiction ruling", "权责裁定", "The superior decides who handles a disputed case; it binds."),
    ("link", "关联", "Two cases have to do with each other; each keeps its own way."),
    ("child", "子件", "A part of a case that one of many units works as a case of its own, with its own clock."),
    ("combined reply", "合并答复", "One disposition and one response for a case that many units worked."),
    ("batch decision", "处置一类事", "One decision for a class of cases; each has its own event, step and words."),
    ("common superior", "共同上级", "The lowest division that all units in dispute lie in; its commander rules."),
    ("realm", "实战 / 演练", "Two partitions that never mix; a token is of one."),
    ("scope", "权限范围", "What a viewer's roles reach: divisions, a grid, a unit, a provider, oneself."),
    ("indicator", "指标", "A formula over cases; its figure opens to what it counts and leaves out."),
    ("scheme", "考核方案", "A versioned, weighted set of indicators for one kind of subject."),
    ("suspected split", "疑似拆分", "Part of a problem handed in in pieces: shown, not counted."),
    ("decision", "决策", "What a division decided because of cases; each shows that it was used."),
    ("tally", "统计", "A count that is kept in the transaction of the change."),
    ("journal", "事件日志", "The durable, densely numbered list of what happened."),
    ("bell", "铃", "Says that the journal has grown; carries a number and nothing else."),
    ("feed", "动态流", "The live tail of the journal in a process's memory."),
    ("cursor", "游标", "A position: event cursors resume a stream, page cursors a list."),
    ("left view", "移出视野", "A case left what a subscriber sees."),
)

LIFECYCLE = """# 事件流转 · The life-cycle of a case

{printed} Source: `resolvers/rules/lifecycle.py`, `resolvers/rules/deadlines.py`, `db/vocabulary/`.

A row is one action. Nothing else moves a case: `resolvers/advance.py` looks the row up, refuses or writes. The
buttons a screen shows (`Case.availableActions`) and every refusal come from the same rows.

## Actions of a case

上报 `SUBMIT` makes a case in `SUBMITTED`. Who may: {submitters}.

{actions}

## Actions of a work order

Each is also a step of its case: one version, one event. The case must be open; `PROVIDER_STAFF` acts on its own
orders only.

{orders}

## State and stage

A case is open (在办) in every state but {ended}.

{stages}

`HANDLED` stands in `FEEDBACK` until a response of the round is delivered, or provably cannot be, then in
`CHECK_AND_CLOSURE`. In the app, written is delivered; every other channel needs a receipt ([answers.md](answers.md)).

## What SYSTEM does by itself

* Resumes a case on `ON_HOLD` or `LONG_TERM` at its end date.
* Draws {share} % of the cases settled on the spot for a completion check and closes the others.

`REQUEST_REOPEN` is possible for {days} days after the case was closed, or ended otherwise; a verdict of the
submitter does not start them again.

## Time limits

One clock runs per case: handling, from `REGISTER` to `COMPLETE`. Clocks of the other links are planned.

{limits}

1. The limit comes from the matter: a value and a unit.
2. Office hours are {hours}, Asia/Shanghai, on working days. Working days are the national calendar with its make-up
   days (调休); the table `calendar_days` of a deployment overrides single days.
3. Counting starts at registration. Outside office hours it waits for the next slot; a limit that ends exactly at the
   end of a slot is due there, not at the next opening.
4. Near due (临期) begins when {near} of the limit has passed; overdue (超期) when all of it has.
5. While the clock stands still nothing is counted. On resuming, the counted time that was left is laid out again from
   now, so a hold never costs working time. A limit already passed stays passed.
6. A changed matter is counted from the original start; what pauses have added is added again.
7. Handled after the due time sets `wasLate`, and that stays.

Requests for extension are planned.

## Sources

* 《数字赋能江苏治理现代化》, 新华传媒智库, 2023-01-13: a closed loop from finding to solving; a response and a
  disposition for every problem; routine work bought from qualified outsiders; a permit list for grid tasks.
* The seven links (`CaseStage`) as city-management rules published on fugou.gov.cn (2019) and sdszcgxh.com (2014)
  state them.
* States and actions in between are this project's own derivation; the numbers in `Policy` are examples.
"""

ERRORS = """# 错误码 · Errors

{printed} Source: `resolvers/refusals.py`.

A code is stable; a sentence may be improved. Sentences come in Chinese, in English with `Accept-Language: en`.
`{{braces}}` are filled in. How answers and transports carry errors: [security.md](security.md).

{table}

Over HTTP a refused request has its own status: {statuses}. What is not there and what is not yours look the same.
"""

GLOSSARY = """# 词汇 · Glossary

{printed} Source: `db/vocabulary/` and the terms in `api/documents.py`.

One word for one thing, in code, contract and screens.

{terms}

## Values

Each value's Chinese label is also the beginning of its description in `schema/schema.graphql`.

{enums}
"""


@commands.command()
def docs(
    check: Annotated[bool, typer.Option("--check", help="Fail when a printed page is stale. 检查")] = False,
) -> None:
    """Print the pages of docs/ that come from code. 打印由程序生成的文档。"""
    stale = stale_pages()
    if check and stale:
        names = "、".join(stale)
        raise stop(f"文档已过期：{names}。\nStale pages: run python -m api docs.")
    for name in stale:
        (DOCS / name).write_text(pages()[name], encoding="utf-8")
        typer.echo(f"docs/{name}")


def stale_pages() -> list[str]:
    """Names of printed pages that are missing or differ from what the code says."""
    return [
        name
        for name, text in pages().items()
        if not (DOCS / name).is_file() or (DOCS / name).read_text(encoding="utf-8") != text
    ]


def pages() -> dict[str, str]:
    return {"lifecycle.md": lifecycle_page(), "errors.md": errors_page(), "glossary.md": glossary_page()}


def lifecycle_page() -> str:
    policy = Policy()
    return LIFECYCLE.format(
        printed=PRINTED,
        submitters="、".join(_word(role) for role in Role if role in SUBMITTERS),
        actions=_table(
            ("动作 Action", "从 From", "到 To", "谁 Who", "须提供 Needs", "前提 Guards", "时钟 Clock", "出处 Source"),
            [
                (
                    _word(rule.action),
                    _states(rule.from_states),
                    rule.to_text or ("同前 stays" if rule.to is None else _word(rule.to)),
                    _who(rule.who),
                    "; ".join(rule.needs),
                    "; ".join([*map(_guard, rule.guards), *map(_guard, rule.ties)]),
                    CLOCK_WORDS[rule.clock],
                    rule.source,
                )
                for rule in TABLE
            ],
        ),
        orders=_table(
            ("动作 Action", "从 From", "到 To", "谁 Who", "须提供 Needs"),
            [
                (_word(rule.action), _words(rule.from_states), _to(rule.to), _word(rule.who), "; ".join(rule.needs))
                for rule in ORDER_TABLE
            ],
        ),
        ended="、".join(_word(state) for state in CaseState if state not in OPEN_STATES),
        stages=_table(
            ("状态 State", "环节 Stage"),
            [(_word(state), "—" if stage is None else _word(stage)) for state, stage in STAGE_OF_STATE.items()],
        ),
        limits=_table(
            ("单位 Unit", "含义 Meaning", "怎样计时 How it counts"),
            [(_word(unit), unit.meaning, UNIT_WORDS[unit]) for unit in LimitUnit],
        ),
        hours=" and ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in deadlines.OFFICE_HOURS),
        near=f"{deadlines.NEAR_DUE_PERCENT}%",
        share=policy.check_share_percent,
        days=policy.reopen_days,
    )


def errors_page() -> str:
    rows = [
        (f"`{code}`", WHERE_WORDS[sentence.where], sentence.zh, sentence.en) for code, sentence in CATALOGUE.items()
    ]
    statuses = ", ".join(f"`{code}` {status}" for code, status in STATUS_OF.items())
    table = _table(("Code", "Where", "中文", "English"), rows)
    return ERRORS.format(printed=PRINTED, table=table, statuses=statuses)


def glossary_page() -> str:
    enums = [
        f"### {words.__name__}\n\n"
        + _table(("Value", "中文", "Meaning"), [(f"`{word}`", word.label, word.meaning) for word in words])
        for words in all_words()
    ]
    return GLOSSARY.format(
        printed=PRINTED, terms=_table(("English", "中文", "Meaning"), TERMS), enums="\n\n".join(enums)
    )


def _word(word: Word) -> str:
    return f"{word.label} `{word.value}`"


def _to(state: Word | None) -> str:
    return "同前 stays" if state is None else _word(state)


def _guard(guard: Callable[..., Code | None]) -> str:
    return GUARD_WORDS.get(guard, guard.__name__.replace("_", " "))


def _words(words: Iterable[Word]) -> str:
    return "、".join(_word(word) for word in _in_order(words))


def _in_order(words: Iterable[Word]) -> list[Word]:
    found = list(words)
    return [word for word in type(found[0]) if word in found]


def _states(states: frozenset[CaseState]) -> str:
    if states == frozenset(CaseState):
        return "任一状态 any state"
    if states == OPEN_STATES:
        return "任一在办状态 any open state"
    if states == lifecycle.OPEN_BUT_REOPENING:
        return f"除{_word(CaseState.REOPEN_REQUESTED)}外的在办状态 any open state but that"
    return _words(states)


def _who(who: frozenset[Role | Party]) -> str:
    roles = [_word(role) for role in Role if role in who]
    return "、".join(roles + [words for party, words in PARTY_WORDS.items() if party in who])


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") or "—" for cell in line) + " |" for line in lines)
