"""The city saying no: a stable code and a sentence a clerk can act on, in Chinese and in English.

The catalogue below is data: it is printed into docs/errors.md and answers in the caller's language.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Sentence:
    zh: str
    en: str
    where: str  # "userErrors", "errors" or "both": where a client meets the code


class Code(StrEnum):
    """Why something was refused; docs/errors.md lists them all."""

    # The city says no: userErrors of a mutation's payload.
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    ILLEGAL_ACTION = "ILLEGAL_ACTION"
    FORBIDDEN = "FORBIDDEN"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    DISPOSITION_REQUIRED = "DISPOSITION_REQUIRED"
    RESPONSE_REQUIRED = "RESPONSE_REQUIRED"
    OUTCOME_REQUIRED = "OUTCOME_REQUIRED"
    EVIDENCE_REQUIRED = "EVIDENCE_REQUIRED"
    MATTER_REQUIRED = "MATTER_REQUIRED"
    REASON_REQUIRED = "REASON_REQUIRED"
    NOT_PERMITTED = "NOT_PERMITTED"
    NEGATIVE_LIST = "NEGATIVE_LIST"
    BURDEN_CEILING = "BURDEN_CEILING"
    PERMIT_EXISTS = "PERMIT_EXISTS"
    NO_POLICE_BEAT = "NO_POLICE_BEAT"
    POLICE_TASK_OPEN = "POLICE_TASK_OPEN"
    PERMIT_REVIEW_DUE = "PERMIT_REVIEW_DUE"
    ALREADY_REVIEWED = "ALREADY_REVIEWED"
    OPEN_WORK_ORDERS = "OPEN_WORK_ORDERS"
    NOT_DELEGABLE = "NOT_DELEGABLE"
    NOT_IN_CATALOGUE = "NOT_IN_CATALOGUE"
    PRICE_OVER_CEILING = "PRICE_OVER_CEILING"
    PROOF_REQUIRED = "PROOF_REQUIRED"
    ALREADY_ASKED = "ALREADY_ASKED"
    CONTACT_IS_SUBMITTER = "CONTACT_IS_SUBMITTER"
    NO_CONTACT = "NO_CONTACT"
    PROVIDER_OUT_OF_AREA = "PROVIDER_OUT_OF_AREA"
    USCC_INVALID = "USCC_INVALID"
    LICENCE_EXPIRED = "LICENCE_EXPIRED"
    INSTITUTION_BARRED = "INSTITUTION_BARRED"
    QUALIFICATION_MISSING = "QUALIFICATION_MISSING"
    QUALIFICATION_EXPIRED = "QUALIFICATION_EXPIRED"
    RULING_BINDS = "RULING_BINDS"
    OWN_WORK = "OWN_WORK"
    DATE_IN_PAST = "DATE_IN_PAST"
    INVALID_INPUT = "INVALID_INPUT"
    REOPEN_WINDOW_OVER = "REOPEN_WINDOW_OVER"
    MASTER_CLOSED = "MASTER_CLOSED"
    URGENT_UNACKNOWLEDGED = "URGENT_UNACKNOWLEDGED"
    SHIFT_RUNNING = "SHIFT_RUNNING"
    SHIFT_STATE = "SHIFT_STATE"
    OWN_HANDOVER = "OWN_HANDOVER"
    COMMAND_ORDER_STATE = "COMMAND_ORDER_STATE"
    DIRECTIVE_WITHDRAWN = "DIRECTIVE_WITHDRAWN"
    NOT_HOLDER = "NOT_HOLDER"
    HOP_NOT_RECEIVED = "HOP_NOT_RECEIVED"
    NO_HOP = "NO_HOP"
    NO_CENTRE_ABOVE = "NO_CENTRE_ABOVE"
    NO_ANSWER_DUE = "NO_ANSWER_DUE"
    ANSWER_NOT_HERE = "ANSWER_NOT_HERE"
    NOT_URGENT = "NOT_URGENT"
    ALREADY_ACKNOWLEDGED = "ALREADY_ACKNOWLEDGED"
    RULING_REQUIRED = "RULING_REQUIRED"
    NOT_THE_COMMON_SUPERIOR = "NOT_THE_COMMON_SUPERIOR"
    OPEN_CHILDREN = "OPEN_CHILDREN"
    NOT_SHARED = "NOT_SHARED"
    NO_CHILDREN = "NO_CHILDREN"
    COMBINED_REPLY_REQUIRED = "COMBINED_REPLY_REQUIRED"
    IS_A_CHILD = "IS_A_CHILD"
    TOO_MANY = "TOO_MANY"
    QUIET_PERIOD = "QUIET_PERIOD"
    ALREADY_PUBLISHED = "ALREADY_PUBLISHED"
    PERIOD_NOT_OVER = "PERIOD_NOT_OVER"
    REPLY_REQUIRED = "REPLY_REQUIRED"
    NO_EXPEDITE_ORDER = "NO_EXPEDITE_ORDER"
    ALREADY_EXPEDITED = "ALREADY_EXPEDITED"
    ALREADY_OVERDUE = "ALREADY_OVERDUE"
    NO_EXTENSION_LEFT = "NO_EXTENSION_LEFT"
    EXTENSION_PENDING = "EXTENSION_PENDING"
    NOTHING_TO_DECIDE = "NOTHING_TO_DECIDE"
    NOT_LATE = "NOT_LATE"
    ALREADY_APPEALED = "ALREADY_APPEALED"
    JOINT_DISPOSITION_REQUIRED = "JOINT_DISPOSITION_REQUIRED"
    ONE_CASE_EACH = "ONE_CASE_EACH"
    SURVEY_ANSWERED = "SURVEY_ANSWERED"
    SURVEY_OVER = "SURVEY_OVER"
    NO_COMMITMENT = "NO_COMMITMENT"
    NO_DELIVERY = "NO_DELIVERY"
    NOT_THE_REPORTER = "NOT_THE_REPORTER"
    VISIT_REQUIRED = "VISIT_REQUIRED"
    NOT_OPEN = "NOT_OPEN"
    NOT_OVER = "NOT_OVER"
    HAS_VOTES = "HAS_VOTES"
    FIELD_EXISTS = "FIELD_EXISTS"
    APP_EXISTS = "APP_EXISTS"
    CODE_TAKEN = "CODE_TAKEN"
    WEBHOOK_URL = "WEBHOOK_URL"
    EXERCISE_ONLY = "EXERCISE_ONLY"
    EXTERNAL_ID_TAKEN = "EXTERNAL_ID_TAKEN"
    NOT_IN_APP = "NOT_IN_APP"
    OUTSIDE_APP = "OUTSIDE_APP"
    # The envelope and the limits: top-level errors.
    BAD_REQUEST = "BAD_REQUEST"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    BATCHING_DISABLED = "BATCHING_DISABLED"
    SUBSCRIPTION_OVER_HTTP = "SUBSCRIPTION_OVER_HTTP"
    CURSOR_INVALID = "CURSOR_INVALID"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    APP_UNKNOWN = "APP_UNKNOWN"
    DOCUMENT_NOT_REGISTERED = "DOCUMENT_NOT_REGISTERED"
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
    TOO_MANY_SUBSCRIPTIONS = "TOO_MANY_SUBSCRIPTIONS"
    RATE_LIMITED = "RATE_LIMITED"
    TIMEOUT = "TIMEOUT"
    INTERNAL = "INTERNAL"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    UNSUPPORTED_MEDIA = "UNSUPPORTED_MEDIA"


_BOTH, _USER, _TOP, _HTTP = "both", "userErrors", "errors", "HTTP"

CATALOGUE: dict[Code, Sentence] = {
    Code.NOT_FOUND: Sentence(
        "没有找到{what}，或不在您的权限范围内。", "{what} does not exist or is outside your scope.", _BOTH
    ),
    Code.CONFLICT: Sentence(
        "内容已被他人更新（当前版本 {version}），请刷新后再操作。",
        "It has changed meanwhile (present version {version}); refresh and try again.",
        _USER,
    ),
    Code.ILLEGAL_ACTION: Sentence(
        "当前状态为「{state}」，不能执行「{action}」；可执行：{allowed}。",
        "cannot {action_name} from {state_name}; allowed now: {allowed_names}.",
        _USER,
    ),
    Code.FORBIDDEN: Sentence("您的角色不能执行「{action}」。", "Your role may not do this: {action_name}.", _BOTH),
    Code.IDEMPOTENCY_MISMATCH: Sentence(
        "该幂等键已用于另一次不同的请求，请更换 idempotencyKey。",
        "This idempotencyKey was used for a different request; use a new one.",
        _USER,
    ),
    Code.DISPOSITION_REQUIRED: Sentence("请先填写处理意见。", "A disposition is required first.", _USER),
    Code.RESPONSE_REQUIRED: Sentence(
        "请先向上报人作出回应并送达。", "A response delivered to the submitter is required first.", _USER
    ),
    Code.OUTCOME_REQUIRED: Sentence("请选择办理结果。", "An outcome is required.", _USER),
    Code.EVIDENCE_REQUIRED: Sentence(
        "该事项的标准要求上传{kind}照片。", "The matter's standard asks for a photo: {kind}.", _USER
    ),
    Code.MATTER_REQUIRED: Sentence("请先确定事项。", "A matter must be chosen first.", _USER),
    Code.REASON_REQUIRED: Sentence("请填写原因。", "A reason is required.", _USER),
    Code.NOT_PERMITTED: Sentence(
        "事项「{matter}」未列入{division}的网格事项准入清单（{task}），不能派给网格；{application}。",
        "Matter {matter} is not on the task-permit list of {division} for {task}; {application}.",
        _USER,
    ),
    Code.NEGATIVE_LIST: Sentence(
        "事项「{matter}」在负面清单内，任何时候都不得派给网格：{reason}。",
        "Matter {matter} is on the negative list and may never be given to grids: {reason}.",
        _USER,
    ),
    Code.BURDEN_CEILING: Sentence(
        "该网格员今天已有 {count} 项任务，达到每日上限 {ceiling}；确需派发请填写理由（overrideReason），或改派他人。",
        "The grid's worker has {count} tasks today, the ceiling is {ceiling}; give a reason in overrideReason or ask "
        "somebody else.",
        _USER,
    ),
    Code.NO_POLICE_BEAT: Sentence(
        "该网格尚未关联警格，请先关联，或改用其他方式。",
        "The grid is linked to no police beat; link one first, or choose another way.",
        _USER,
    ),
    Code.POLICE_TASK_OPEN: Sentence(
        "「{kind}」已发出，尚未反馈，请等待反馈后再发。",
        "{kind_name} was sent already and is not answered yet; wait for the answer.",
        _USER,
    ),
    Code.PERMIT_EXISTS: Sentence(
        "同一事项、同一区划在 {day} 已有一条准入，请改用其他开始日期。",
        "This matter is permitted there from {day} already; choose another first day.",
        _USER,
    ),
    Code.PERMIT_REVIEW_DUE: Sentence(
        "紧急准入 {number} 尚未补审，补审完成前不能再次紧急准入。",
        "Emergency {number} has not been reviewed yet; no other before its review.",
        _USER,
    ),
    Code.ALREADY_REVIEWED: Sentence(
        "您的单位已经发表过联审意见。", "Your unit has given its opinion already.", _USER
    ),
    Code.OPEN_WORK_ORDERS: Sentence(
        "还有 {count} 张委托任务单未办结，请先验收或取消。",
        "{count} work orders are still open; accept or cancel them first.",
        _USER,
    ),
    Code.NOT_DELEGABLE: Sentence(
        "事项「{matter}」不得委托服务商办理：{why}。",
        "Matter {matter} may not be given to a service provider: {why}.",
        _USER,
    ),
    Code.NOT_IN_CATALOGUE: Sentence(
        "事项「{matter}」在 {day} 没有有效的政府购买目录项（最后有效日：{until}），请先列入目录或由本单位办理。",
        "No item of the purchase catalogue covers matter {matter} on {day} (last valid day: {until}); have it "
        "listed, or do the work yourselves.",
        _USER,
    ),
    Code.PRICE_OVER_CEILING: Sentence(
        "单价 {price} 元超过目录项「{item}」的限价 {ceiling} 元/{unit}。",
        "The price of {price} yuan is above the ceiling of item {item}: {ceiling} yuan each.",
        _USER,
    ),
    Code.PROOF_REQUIRED: Sentence(
        "该目录项要求上传带地点和拍摄时间的{kind}照片。",
        "The catalogue item asks for a photo with place and time: {kind}.",
        _USER,
    ),
    Code.ALREADY_ASKED: Sentence(
        "同类请求尚待部门答复，请等待答复后再提。", "The department has not answered the last request yet.", _USER
    ),
    Code.CONTACT_IS_SUBMITTER: Sentence(
        "这是上报人的姓名或电话，不能告知服务商；请填写现场的联系人，如物业、门卫、值班室。",
        "That is the submitter's own name or number, which no provider is told; name somebody at the place.",
        _USER,
    ),
    Code.NO_CONTACT: Sentence("该任务单没有登记现场联系人。", "No contact at the place was given.", _USER),
    Code.PROVIDER_OUT_OF_AREA: Sentence(
        "服务商「{provider}」的服务区域不含该地（{detail}），请另选。",
        "The areas of {provider} do not hold the place ({detail}); choose another.",
        _USER,
    ),
    Code.USCC_INVALID: Sentence(
        "服务商「{provider}」的统一社会信用代码无效：{detail}；请先更正登记。",
        "The unified social credit code of {provider} is invalid: {detail}; have it corrected first.",
        _USER,
    ),
    Code.LICENCE_EXPIRED: Sentence(
        "服务商「{provider}」的证照已于 {detail} 到期，请另选或待其换证。",
        "The licence of {provider} ran out on {detail}; choose another, or wait for the new one.",
        _USER,
    ),
    Code.INSTITUTION_BARRED: Sentence(
        "服务商「{provider}」为{detail}事业单位，不能承接政府购买服务。",
        "{provider} is a public institution of a class that takes no bought work ({detail}).",
        _USER,
    ),
    Code.QUALIFICATION_MISSING: Sentence(
        "服务商「{provider}」缺少目录项要求的资质：{detail}。",
        "{provider} lacks a qualification the catalogue item asks for: {detail}.",
        _USER,
    ),
    Code.QUALIFICATION_EXPIRED: Sentence(
        "服务商「{provider}」的资质今天不在有效期内：{detail}。",
        "A qualification of {provider} is not valid today: {detail}.",
        _USER,
    ),
    Code.RULING_BINDS: Sentence(
        "该事件已经权责裁定，不能退回或改派。",
        "A jurisdiction ruling binds the unit; the case cannot be returned or given to another.",
        _USER,
    ),
    Code.OWN_WORK: Sentence("不能核查自己处置的事件。", "You handled this case; somebody else must check it.", _USER),
    Code.DATE_IN_PAST: Sentence("日期必须晚于现在。", "The date must lie in the future.", _USER),
    Code.INVALID_INPUT: Sentence("{field}填写有误：{expected}。", "{field} is invalid: {expected_en}.", _USER),
    Code.REOPEN_WINDOW_OVER: Sentence(
        "已超过 {days} 天的申请重办期限。", "The {days}-day window for reopening is over.", _USER
    ),
    Code.MASTER_CLOSED: Sentence("主件已办结，不能并案或拆分。", "The master case is no longer open.", _USER),
    Code.URGENT_UNACKNOWLEDGED: Sentence(
        "还有 {count} 件紧急事件无人确认：{cases}；请先确认再交接班。",
        "{count} urgent cases are not acknowledged: {cases}; acknowledge them before the shift ends.",
        _USER,
    ),
    Code.SHIFT_RUNNING: Sentence(
        "该指挥中心已有班次在班，请由在班值班长交班。",
        "The centre has a shift on duty; its leader has to hand over.",
        _USER,
    ),
    Code.SHIFT_STATE: Sentence(
        "该班次为「{state}」，不能执行「{action}」。", "The shift is {state_name}; cannot {action_name}.", _USER
    ),
    Code.OWN_HANDOVER: Sentence(
        "交班与接班须由两人分别签字。", "Handing over and taking over are signed by two different people.", _USER
    ),
    Code.COMMAND_ORDER_STATE: Sentence(
        "该指挥令或本单位为「{state}」，不能执行「{action}」。",
        "The order, or your unit of it, is {state_name}; cannot {action_name}.",
        _USER,
    ),
    Code.DIRECTIVE_WITHDRAWN: Sentence(
        "该指令已撤销，不再接收回执。", "The directive was withdrawn; no more receipts are taken.", _USER
    ),
    Code.NOT_HOLDER: Sentence(
        "该事件现由另一层级的指挥中心持有，只有该中心的派遣员可以执行「{action}」。",
        "The centre of another level holds the case; only its dispatcher may do this: {action_name}.",
        _USER,
    ),
    Code.HOP_NOT_RECEIVED: Sentence(
        "该事件已流转到现持有的指挥中心但尚未签收，请先签收。",
        "The centre the case was given to has not signed for it yet; sign first.",
        _USER,
    ),
    Code.NO_HOP: Sentence(
        "该事件没有等待签收的层级流转。", "No hop between levels waits for a receipt on this case.", _USER
    ),
    Code.NO_CENTRE_ABOVE: Sentence(
        "现持有该事件的指挥中心没有上级指挥中心。", "There is no centre above the one that holds the case.", _USER
    ),
    Code.NO_ANSWER_DUE: Sentence(
        "没有需要回传的答复：该事件未经层级流转，或各级均已回传。",
        "No answer is to be passed on: the case has not gone between levels, or each has passed it on.",
        _USER,
    ),
    Code.ANSWER_NOT_HERE: Sentence(
        "答复还在另一层级，请等其指挥中心回传后再回传。",
        "The answer is still with another level; pass it on after that level has.",
        _USER,
    ),
    Code.NOT_URGENT: Sentence("只有紧急事件需要确认。", "Only an urgent case is acknowledged.", _USER),
    Code.ALREADY_ACKNOWLEDGED: Sentence(
        "该紧急事件已有人确认。", "Somebody has acknowledged this urgent case already.", _USER
    ),
    Code.JOINT_DISPOSITION_REQUIRED: Sentence(
        "联办单位尚未出具处理意见：{units}。",
        "The joint units have not given their disposition yet: {units}.",
        _USER,
    ),
    Code.RULING_REQUIRED: Sentence(
        "各单位对权责意见不一，请由{division}指挥长作权责裁定。",
        "The units disagree whose case it is; the commander of {division} has to rule.",
        _USER,
    ),
    Code.NOT_THE_COMMON_SUPERIOR: Sentence(
        "争议单位不都属于您的辖区，须由{division}或其上级指挥长裁定。",
        "Not all units in dispute lie in your division; the commander of {division} or above has to rule.",
        _USER,
    ),
    Code.OPEN_CHILDREN: Sentence(
        "还有 {children} 个子件未办结。", "{children} parts of the case are still open.", _USER
    ),
    Code.NOT_SHARED: Sentence(
        "该事件没有共享给任何单位，无须取消。", "The case is shared with nobody; there is nothing to end.", _USER
    ),
    Code.NO_CHILDREN: Sentence(
        "该事件没有分办，请直接办结。", "The case was not divided among units; complete it as it is.", _USER
    ),
    Code.COMBINED_REPLY_REQUIRED: Sentence(
        "该事件已分办给多个单位，请用「合并答复」办结。",
        "The case was divided among units; complete it with one combined reply.",
        _USER,
    ),
    Code.IS_A_CHILD: Sentence(
        "该事件是另一事件的子件，请对主件操作。", "The case is a part of another; do this with the whole.", _USER
    ),
    Code.TOO_MANY: Sentence("一个事件最多 {limit} {what}。", "At most {limit} {what_en} for one case.", _USER),
    Code.ONE_CASE_EACH: Sentence(
        "匿名身份只能上报一件，请重新获取匿名身份后再上报。",
        "An anonymous token hands in one case; take another token for the next.",
        _USER,
    ),
    Code.SURVEY_ANSWERED: Sentence("该评价已提交，不能重复提交。", "This survey was answered already.", _USER),
    Code.SURVEY_OVER: Sentence("该评价已失效。", "This survey is over.", _USER),
    Code.NO_COMMITMENT: Sentence("没有待兑现的承诺。", "No commitment is under way.", _USER),
    Code.NO_DELIVERY: Sentence("没有待送达的回应。", "No response is on its way.", _USER),
    Code.NOT_THE_REPORTER: Sentence(
        "「{channel}」的送达结果不由您登记。", "The outcome of a delivery by {channel} is not yours to report.", _USER
    ),
    Code.NOT_OPEN: Sentence(
        "该征求意见当前为「{state}」，不能投票。", "The consultation is {state_name}; nobody votes now.", _USER
    ),
    Code.NOT_OVER: Sentence(
        "该征求意见当前为「{state}」，结束后方可答复，且只答复一次。",
        "The consultation is {state_name}; it is answered once, when it is over.",
        _USER,
    ),
    Code.HAS_VOTES: Sentence(
        "该征求意见已有人参加或已结束，不能撤回，请结束后答复。",
        "People have voted, or it is over; answer them instead of taking it back.",
        _USER,
    ),
    Code.VISIT_REQUIRED: Sentence(
        "事项「{matter}」的标准要求现场走访，请先到场并登记走访，再办结。",
        "The standard of {matter} asks that somebody goes there; record a visit first.",
        _USER,
    ),
    Code.FIELD_EXISTS: Sentence(
        "采集项「{name}」（{known}）已由{owner}统一采集，不得重复采集；请联系该部门共用。",
        "{owner} collects field {name} ({known}) already; ask it to share the field.",
        _USER,
    ),
    Code.APP_EXISTS: Sentence(
        "应用编码「{app}」已被登记，请换一个。", "An app {app} is registered already; choose another code.", _USER
    ),
    Code.CODE_TAKEN: Sentence(
        "编号「{taken}」已是「{name}」的，请换一个。", "The code {taken} is that of {name}; choose another.", _USER
    ),
    Code.WEBHOOK_URL: Sentence(
        "推送地址不可用：须为 https，不含用户名，且不得指向内网或本机。",
        "Not an address for webhooks: https, without a user name, leading to no private network.",
        _USER,
    ),
    Code.EXERCISE_ONLY: Sentence("该操作仅在演练环境可用。", "This is for the exercise realm only.", _USER),
    Code.EXTERNAL_ID_TAKEN: Sentence(
        "外部编号「{external_id}」已用于另一任务单。",
        "The number {external_id} of your system belongs to another work order.",
        _USER,
    ),
    Code.NOT_IN_APP: Sentence(
        "「{app}」不受理「{kind}」，请改用其他入口或拨打 12345。",
        "{app} takes no {kind_name}; choose another way in or call 12345.",
        _USER,
    ),
    Code.OUTSIDE_APP: Sentence(
        "该地点不在「{app}」的服务范围内，请改用当地的入口或拨打 12345。",
        "The place is not served by {app}; choose the way in of that place or call 12345.",
        _USER,
    ),
    Code.QUIET_PERIOD: Sentence(
        "您已催办过，请于 {again} 之后再催办。", "You have urged already; urge again after {again}.", _USER
    ),
    Code.ALREADY_PUBLISHED: Sentence(
        "{division}该考核期已于 {day} 公布，不能再次公布。",
        "{division} published this period on {day}; it cannot be published again.",
        _USER,
    ),
    Code.PERIOD_NOT_OVER: Sentence(
        "考核期尚未结束（{day} 为最后一天），结束后方可公布。",
        "The period is not over ({day} is its last day); publish it afterwards.",
        _USER,
    ),
    Code.REPLY_REQUIRED: Sentence(
        "尚有督办单未答复，请先答复督办。", "An expedite order waits for its reply; reply to it first.", _USER
    ),
    Code.NO_EXPEDITE_ORDER: Sentence("没有待答复的督办单。", "No expedite order waits for a reply.", _USER),
    Code.ALREADY_EXPEDITED: Sentence(
        "已有一件「{kind}」尚未答复，请待其答复后再发。",
        "An order {kind_name} still waits for its reply; issue another after it.",
        _USER,
    ),
    Code.ALREADY_OVERDUE: Sentence(
        "时限已到，延期应在到期前申请。", "The limit has passed; an extension must be asked for before.", _USER
    ),
    Code.NO_EXTENSION_LEFT: Sentence(
        "已批准两次延期，不能再次申请。", "Two extensions were approved already; there is no third.", _USER
    ),
    Code.EXTENSION_PENDING: Sentence(
        "已有一份延期申请待审批。", "An extension has been asked for and is not decided yet.", _USER
    ),
    Code.NOTHING_TO_DECIDE: Sentence("没有待审批的申请。", "Nothing waits for this decision.", _USER),
    Code.NOT_LATE: Sentence(
        "该事件没有超期，无需申诉。", "The case was not late; there is nothing to appeal.", _USER
    ),
    Code.ALREADY_APPEALED: Sentence(
        "该事件的超期已经申诉过一次。", "The lateness of this case has been appealed once.", _USER
    ),
    Code.BAD_REQUEST: Sentence("请求格式不正确：{detail}", "Malformed request: {detail}", _TOP),
    Code.BAD_USER_INPUT: Sentence("参数不正确：{detail}", "Bad input: {detail}", _TOP),
    Code.BATCHING_DISABLED: Sentence("不支持批量请求。", "Batched requests are not accepted.", _TOP),
    Code.SUBSCRIPTION_OVER_HTTP: Sentence(
        "订阅请使用 WebSocket(graphql-transport-ws)，或以 Accept: text/event-stream 请求。",
        "Send subscriptions over a WebSocket (graphql-transport-ws), or with Accept: text/event-stream.",
        _TOP,
    ),
    Code.CURSOR_INVALID: Sentence("游标无效：{detail}", "Invalid cursor: {detail}", _TOP),
    Code.UNAUTHENTICATED: Sentence("请先登录：{detail}", "Not authenticated: {detail}", _TOP),
    Code.APP_UNKNOWN: Sentence("没有登记应用「{app}」，或已停用。", "No app {app} is registered.", _TOP),
    Code.DOCUMENT_NOT_REGISTERED: Sentence(
        "「{app}」只能发送已登记的操作文档。", "{app} may send registered documents only.", _TOP
    ),
    Code.QUERY_TOO_COMPLEX: Sentence("查询过于复杂：{detail}", "Query too complex: {detail}", _TOP),
    Code.TOO_MANY_SUBSCRIPTIONS: Sentence("订阅数量超过上限 {limit}。", "More than {limit} subscriptions.", _TOP),
    Code.RATE_LIMITED: Sentence("请求过于频繁，请稍后再试。", "Too many requests; try again later.", _TOP),
    Code.TIMEOUT: Sentence("处理超时，请稍后再试。", "The request took too long; try again later.", _TOP),
    Code.INTERNAL: Sentence("系统内部错误（编号 {error_id}）。", "Internal error (id {error_id}).", _TOP),
    Code.PAYLOAD_TOO_LARGE: Sentence("内容超过 {limit_bytes} 字节。", "More than {limit_bytes} bytes.", _HTTP),
    Code.UNSUPPORTED_MEDIA: Sentence("只接受 JPEG 或 PNG 照片。", "Only JPEG or PNG photos are accepted.", _HTTP),
}


Keep = Callable[[Any], Awaitable[None]]
"""What of a refusal is written although everything else is rolled back: given the session of a transaction of its
own, once for each idempotency key."""


class Refusal(Exception):
    """An expected no. Raised before anything was written; ends as a `userErrors` entry or a top-level error."""

    def __init__(self, code: Code, *, field: Iterable[str] = (), **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = tuple(field)
        self.values = values
        self.is_replay = False  # answered from the idempotency record
        self.keep: Keep | None = None

    def message(self, language: str) -> str:
        sentence = CATALOGUE[self.code]
        template = sentence.en if language == "en" else sentence.zh
        return template.format_map(_Values({"field": ".".join(self.field), **self.values}))


class _Values(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "…"
