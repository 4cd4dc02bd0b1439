"""The words of the domain as values: one word for one thing on every floor.

Every member carries its Chinese label (what screens show) and one English sentence (what the schema says). The words
of the case and its loop stand here; those of a subject beside it in a module of the subject's name.
"""

from __future__ import annotations

from db.vocabulary.word import Word


class Realm(Word):
    """The two partitions of everything."""

    LIVE = "LIVE", "实战", "Real cases of real people."
    EXERCISE = "EXERCISE", "演练", "Demos, rehearsals and training; never mixed with LIVE."


class Role(Word):
    """What somebody may be; a role holds at a scope."""

    RESIDENT = "RESIDENT", "居民", "A resident; sees what they handed in."
    ENTERPRISE = "ENTERPRISE", "企业", "An enterprise; sees what it handed in."
    GRID_WORKER = "GRID_WORKER", "网格员", "Works one grid."
    COMMUNITY_WORKER = "COMMUNITY_WORKER", "社工", "Community or village staff."
    PATROL_OFFICER = "PATROL_OFFICER", "采集员", "Finds problems on patrol and verifies them."
    INTAKE_OFFICER = "INTAKE_OFFICER", "受理员", "Takes submissions up at a centre."
    DISPATCHER = "DISPATCHER", "派遣员", "Gives registered cases to units."
    SHIFT_LEADER = "SHIFT_LEADER", "值班长", "Answers for a centre's shift: checks, closes, reopens."
    HANDLER = "HANDLER", "承办人", "Handles cases for a department."
    CHECKER = "CHECKER", "核查员", "Checks on the spot whether a problem exists or is solved."
    PROVIDER_STAFF = "PROVIDER_STAFF", "服务商人员", "Works outsourced tasks for a service provider."
    PROVIDER_ADMIN = "PROVIDER_ADMIN", "服务商管理员", "Keeps the systems of a service provider: accounts, webhooks."
    COMMANDER = "COMMANDER", "指挥长", "Decides for a division; rules on jurisdiction."
    POLICE = "POLICE", "网格民警", "Police officer linked to grids."
    ANALYST = "ANALYST", "分析员", "Reads cases and figures without personal data."
    DISPLAY = "DISPLAY", "大屏", "A wall: read-only, one division, no personal data."
    SYSTEM_ADMIN = "SYSTEM_ADMIN", "系统管理员", "Runs the system; reads no cases."
    SECURITY_ADMIN = "SECURITY_ADMIN", "安全管理员", "Manages rights; reads no cases."
    AUDIT_ADMIN = "AUDIT_ADMIN", "审计管理员", "Reads the audit trail; reads no cases."
    SOURCE_SYSTEM = (
        "SOURCE_SYSTEM",
        "对接系统",
        "A hotline, sensor network or other system that hands cases in.",
    )
    SYSTEM = "SYSTEM", "系统", "Gridcast itself: timers and follow-up actions."


class DivisionLevel(Word):
    """Levels of administrative divisions."""

    PROVINCE = "PROVINCE", "省", "Province, 2-digit code."
    PREFECTURE = "PREFECTURE", "设区市", "Prefecture-level city, 4-digit code."
    COUNTY = "COUNTY", "县（市、区）", "County, county-level city or district, 6-digit code."
    TOWNSHIP = "TOWNSHIP", "乡镇（街道）", "Township or street, 9-digit code."
    COMMUNITY = "COMMUNITY", "村（社区）", "Village or residents' committee, 12-digit code."


class CodeScheme(Word):
    """How a grid code is composed."""

    STAT15 = "STAT15", "统计码+序号", "12-digit statistical code and 3-digit sequence; 15 digits."
    CJT349 = "CJT349", "CJ/T 349", "Community service grid, 20 digits."
    CITYGUARD16 = "CITYGUARD16", "单元网格16位", "Cell grid, 16 digits."
    GBT30428_1 = "GBT30428_1", "GB/T 30428.1", "Cell grid, 14 or 15 digits."
    XIAN3185 = "XIAN3185", "DB6101/T 3185", "Social-governance unit: 12 digits and a sequence."


class GridKind(Word):
    """Kinds of grid."""

    BASIC = "BASIC", "基础网格", "Residential grid of a community."
    DEDICATED = "DEDICATED", "专属网格", "Grid of one organ, school, park, market or other place."


class Setting(Word):
    """Urban or rural."""

    URBAN = "URBAN", "城市", "Urban grid."
    RURAL = "RURAL", "农村", "Rural grid."


class PopulationBand(Word):
    """How many people live in a grid."""

    UNDER_500 = "UNDER_500", "500人以下", "Fewer than 500 residents."
    FROM_500 = "FROM_500", "500-1000人", "500 to under 1,000 residents."
    FROM_1000 = "FROM_1000", "1000-1500人", "1,000 to 1,500 residents."
    OVER_1500 = "OVER_1500", "1500人以上", "More than 1,500 residents."


class CaseKind(Word):
    """What kind of demand a case is."""

    PROBLEM = "PROBLEM", "报事", "A problem somebody found."
    SERVICE_REQUEST = "SERVICE_REQUEST", "我有事办", "A service asked for."
    QUESTION = "QUESTION", "你问我答", "A question."
    VOICE = "VOICE", "我有话说", "An opinion or proposal."
    TIP_OFF = "TIP_OFF", "举报", "A report of wrongdoing."
    DISPUTE = "DISPUTE", "矛盾纠纷", "A dispute between parties."


class CaseSource(Word):
    """Where a case came from."""

    RESIDENT_APP = "RESIDENT_APP", "居民小程序", "A resident through a mini-program."
    ENTERPRISE_APP = "ENTERPRISE_APP", "企业小程序", "An enterprise through a mini-program."
    GRID_WORKER = "GRID_WORKER", "网格员上报", "A grid worker."
    COMMUNITY_WORKER = "COMMUNITY_WORKER", "社区上报", "Community or village staff."
    PATROL = "PATROL", "巡查采集", "A patrol officer."
    HOTLINE = "HOTLINE", "12345热线", "The government hotline."
    SENSOR = "SENSOR", "物联感知", "A sensor."
    VIDEO = "VIDEO", "视频巡查", "Video patrol."
    MAILBOX = "MAILBOX", "领导信箱", "A mailbox."
    PUBLIC_OPINION = "PUBLIC_OPINION", "网络舆情", "Public opinion on the net."
    DEPARTMENT = "DEPARTMENT", "部门转办", "A department or centre."
    OTHER_SYSTEM = "OTHER_SYSTEM", "其他系统", "Another system."


class MatterClass(Word):
    """Facility or act."""

    COMPONENT = "COMPONENT", "部件", "A public facility in open space."
    EVENT = "EVENT", "事件", "An act or condition that disturbs order, or a demand."


class MatterDomain(Word):
    """Domains of governance."""

    CITY_MANAGEMENT = "CITY_MANAGEMENT", "城市管理", "Components and events of urban management."
    INFORMATION = "INFORMATION", "信息采报", "Information collected and reported."
    CONVENIENCE = "CONVENIENCE", "便民服务", "Services for residents."
    MEDIATION = "MEDIATION", "矛盾化解", "Mediation of disputes."
    HAZARD = "HAZARD", "隐患排查", "Checks for hazards."
    CRIME_PREVENTION = "CRIME_PREVENTION", "治安防范", "Crime prevention."
    POPULATION = "POPULATION", "人口管理", "Population service and management."
    CIVILITY = "CIVILITY", "文明城市", "Civility of the city."
    LEGAL_PUBLICITY = "LEGAL_PUBLICITY", "法治宣传", "Legal publicity."
    COUNSELLING = "COUNSELLING", "心理疏导", "Psychological counselling."


class LimitUnit(Word):
    """Units of time limits."""

    URGENT_HOUR = "URGENT_HOUR", "紧急小时", "Continuous hour, off duty too."
    WORKING_HOUR = "WORKING_HOUR", "工作小时", "Hour inside office hours."
    WORKING_DAY = "WORKING_DAY", "工作日", "Eight working hours."
    NATURAL_DAY = "NATURAL_DAY", "自然日", "Twenty-four hours on any day."


class Priority(Word):
    """How urgent a case is."""

    NORMAL = "NORMAL", "一般", "Handled in its ordinary time limit."
    IMPORTANT = "IMPORTANT", "重要", "Important: near the front of every list."
    URGENT = "URGENT", "紧急", "Danger to people or public order: shown as an urgent card."


class CaseState(Word):
    """States of the life-cycle."""

    SUBMITTED = "SUBMITTED", "已上报", "Handed in, not yet taken up."
    ACCEPTED = "ACCEPTED", "已受理", "Taken up, not yet registered."
    VERIFYING = "VERIFYING", "核实中", "Somebody checks whether the problem exists."
    REGISTERED = "REGISTERED", "已立案", "Registered as a case, waiting for dispatch."
    DISPATCHED = "DISPATCHED", "已派遣", "Given to a unit, not yet signed for."
    RETURNED = "RETURNED", "已退回", "The unit sent it back."
    SIGNED = "SIGNED", "已签收", "The unit signed for it."
    IN_PROGRESS = "IN_PROGRESS", "处理中", "Being handled."
    ON_HOLD = "ON_HOLD", "缓办", "Put off until a date; the clock stands still."
    LONG_TERM = "LONG_TERM", "挂账", "Kept on the books until a date; the clock stands still."
    HANDLED = "HANDLED", "已处置", "Handled: disposition given."
    CHECKING = "CHECKING", "核查中", "Somebody who did not handle it checks the result."
    CLOSED = "CLOSED", "已结案", "Closed with outcome, disposition and response."
    DECLINED = "DECLINED", "不予受理", "Not taken up or not registered, with reason."
    MERGED = "MERGED", "已合并", "Merged into a master case."
    VOIDED = "VOIDED", "已作废", "Void by decision, with reason."
    WITHDRAWN = "WITHDRAWN", "已撤回", "Withdrawn by its submitter."
    REOPEN_REQUESTED = "REOPEN_REQUESTED", "申请重办", "The submitter asks to take it up again."


class CaseStage(Word):
    """The seven links of the loop."""

    INTAKE = "INTAKE", "信息采集", "Link 1: submission received."
    REGISTRATION = "REGISTRATION", "案卷建立", "Link 2: taken up, to be registered."
    DISPATCH = "DISPATCH", "任务派遣", "Link 3: to be given to a unit that signs."
    HANDLING = "HANDLING", "任务处理", "Link 4: being handled."
    FEEDBACK = "FEEDBACK", "处理反馈", "Link 5: handled, the submitter not yet answered."
    CHECK_AND_CLOSURE = "CHECK_AND_CLOSURE", "核查结案", "Link 6: answered, to be checked and closed."
    EVALUATION = "EVALUATION", "综合评价", "Link 7: closed, scored for its period."


class CaseOutcome(Word):
    """What became of a case."""

    RESOLVED = "RESOLVED", "已解决", "The problem is gone."
    PARTLY_RESOLVED = "PARTLY_RESOLVED", "部分解决", "Part of the problem is gone."
    EXPLAINED = "EXPLAINED", "解释说明", "Cannot be resolved; the reason was given."
    NO_PROBLEM_FOUND = "NO_PROBLEM_FOUND", "未发现问题", "There was no problem."
    DUPLICATE = "DUPLICATE", "重复件", "The same as another case."
    NOT_OURS = "NOT_OURS", "不属受理范围", "Outside what this system may handle."


class CaseAction(Word):
    """Steps of the life-cycle."""

    SUBMIT = "SUBMIT", "上报", "Hand a case in."
    SELF_HANDLE = "SELF_HANDLE", "自行处置", "Settle an own submission on the spot."
    ACCEPT = "ACCEPT", "受理", "Take a submission up."
    REQUEST_VERIFICATION = "REQUEST_VERIFICATION", "派核实", "Ask somebody on the spot whether it exists."
    VERIFY = "VERIFY", "核实", "Report whether the problem exists."
    CANCEL_VERIFICATION = "CANCEL_VERIFICATION", "取消核实", "Take the verification back."
    REGISTER = "REGISTER", "立案", "Decide that it is a case."
    DECLINE = "DECLINE", "不予受理", "Decide that it is not a case, with reason and answer."
    MERGE = "MERGE", "并案", "Join a duplicate to its master."
    UNMERGE = "UNMERGE", "取消并案", "Separate a merged case again."
    TAKE_IN = "TAKE_IN", "并入", "A duplicate joins this master; whoever handed it in follows from now on."
    LET_GO = "LET_GO", "并出", "A duplicate is separated from this master again."
    DISPATCH = "DISPATCH", "派遣", "Give the case to a responsible unit."
    SHARE = "SHARE", "共享", "Let another unit see the case, assist or take part."
    UNSHARE = "UNSHARE", "取消共享", "End what another unit may do with the case."
    ADD_DISPOSITION = "ADD_DISPOSITION", "协办意见", "An assisting unit adds its own disposition."
    LINK = "LINK", "关联", "Relate two cases that have to do with each other."
    UNLINK = "UNLINK", "取消关联", "Take a relation between two cases back."
    ADD_CHILD = "ADD_CHILD", "分办", "Give a part to one of many units, as a case of its own."
    NOTE_CHILD = "NOTE_CHILD", "子件进展", "A part of the case ended, or was taken up again."
    END_WITH_PARENT = "END_WITH_PARENT", "随主件终止", "The case it is part of was withdrawn or voided."
    COMBINE_REPLY = "COMBINE_REPLY", "合并答复", "Answer a case that many units worked, once, for all of them."
    SIGN = "SIGN", "签收", "The unit signs for the case."
    RETURN = "RETURN", "退回", "The unit sends the case back."
    RULE = "RULE", "权责裁定", "A superior decides who handles it; binding."
    START = "START", "开始处理", "Begin handling."
    COMPLETE = "COMPLETE", "处置完成", "Report the case handled, with disposition."
    HOLD = "HOLD", "缓办", "Put the case off until a date."
    MAKE_LONG_TERM = "MAKE_LONG_TERM", "挂账", "Keep the case on the books until a date."
    RESUME = "RESUME", "恢复办理", "Take a held case up again."
    REASSIGN = "REASSIGN", "改派", "Give the case to another unit."
    ESCALATE = "ESCALATE", "上交", "Give the case to the centre above."
    ASSIGN_DOWN = "ASSIGN_DOWN", "下派", "Give the case to a centre below."
    RECEIVE_HOP = "RECEIVE_HOP", "层级签收", "Sign for a case that came from another level."
    PASS_ANSWER = "PASS_ANSWER", "回传答复", "Pass the answer on to the level the case came from."
    ACKNOWLEDGE = "ACKNOWLEDGE", "紧急确认", "Say that an urgent case has been seen."
    REQUEST_CHECK = "REQUEST_CHECK", "派核查", "Ask for a completion check."
    CHECK = "CHECK", "核查", "Report whether it is really done."
    REWORK = "REWORK", "返工", "Send a handled case back to be done again."
    CLOSE = "CLOSE", "结案", "Close the case."
    REQUEST_REOPEN = "REQUEST_REOPEN", "申请重办", "The submitter asks to take it up again."
    REOPEN = "REOPEN", "重办", "Take it up again."
    REFUSE_REOPEN = "REFUSE_REOPEN", "不予重办", "Answer that it stays as it is."
    WITHDRAW_REOPEN = "WITHDRAW_REOPEN", "撤回重办申请", "The submitter takes the request back."
    EVALUATE = "EVALUATE", "计入评价", "The period of its closing was published: the last link is over."
    CONFIRM = "CONFIRM", "评价", "The submitter says solved or not solved."
    WITHDRAW = "WITHDRAW", "撤回", "The submitter takes the case back."
    VOID = "VOID", "作废", "Declare the case void."
    RESPOND = "RESPOND", "回应", "Tell the submitter."
    COMMIT = "COMMIT", "承诺", "Promise something to who handed the case in, until a moment."
    KEEP_COMMITMENT = "KEEP_COMMITMENT", "兑现承诺", "Say that a promise is kept."
    DELIVER = "DELIVER", "送达", "A response reached who handed the case in."
    FAIL_DELIVERY = "FAIL_DELIVERY", "送达失败", "It did not on this channel: the next one is tried, or none is left."
    FOLLOW = "FOLLOW", "关注", "Follow a case that somebody else handed in."
    UNFOLLOW = "UNFOLLOW", "取消关注", "Follow it no longer."
    URGE = "URGE", "催办", "Urge that something be done."
    HAND_OVER = "HAND_OVER", "人员交接", "The worker who handed it in left; another follows it from now on."
    EXPEDITE = "EXPEDITE", "督办", "Demand action on a case that is late, returned, urged or important."
    REPLY_EXPEDITE = "REPLY_EXPEDITE", "答复督办", "Reply to an expedite order."
    NOTIFY_POLICE = "NOTIFY_POLICE", "通报警格", "Tell the police beat of the grid."
    JOINT_POLICE = "JOINT_POLICE", "网格警格联动", "Ask the police beat to go there together."
    TRANSFER_POLICE = "TRANSFER_POLICE", "移交公安", "Hand a matter over to the police."
    POLICE_RECEIPT = "POLICE_RECEIPT", "警格签收", "The police beat signs for what it was asked."
    POLICE_FEEDBACK = "POLICE_FEEDBACK", "警格反馈", "The police beat answers."
    TAG = "TAG", "打标签", "Put it into a programme, or take it out."
    VISIT = "VISIT", "走访", "Somebody was at the place of the case."
    AMEND = "AMEND", "更正", "Correct title, matter, kind, priority or grid."
    OUTSOURCE = "OUTSOURCE", "委托", "Offer a work order to a service provider."
    REQUEST_EXTENSION = "REQUEST_EXTENSION", "申请延期", "The unit asks for one more limit."
    DECIDE_EXTENSION = "DECIDE_EXTENSION", "延期审批", "Approve or refuse the extension."
    APPEAL_LATENESS = "APPEAL_LATENESS", "超期申诉", "The unit asks that its lateness does not count."
    DECIDE_APPEAL = "DECIDE_APPEAL", "申诉裁定", "Take the lateness out of the figures, or leave it in."
    NEAR_DUE = "NEAR_DUE", "临期提醒", "A clock has less than a fifth of its limit left."
    OVERDUE = "OVERDUE", "超期提醒", "A clock has passed its due time."
    WORK_ORDER_ACCEPT = "WORK_ORDER_ACCEPT", "服务商接单", "The service provider accepts the order."
    WORK_ORDER_DECLINE = "WORK_ORDER_DECLINE", "服务商拒单", "The service provider declines the order."
    WORK_ORDER_NOTE = "WORK_ORDER_NOTE", "服务商系统留言", "A note of the provider's own system."
    WORK_ORDER_LAPSE = (
        "WORK_ORDER_LAPSE",
        "逾时未接单",
        "Nobody answered the offer in time; the unit has it back.",
    )
    WORK_ORDER_SEND_FAILED = "WORK_ORDER_SEND_FAILED", "送达失败", "The offer did not reach the provider's system."
    WORK_ORDER_RESEND = "WORK_ORDER_RESEND", "重新发送", "The department offers the order again."
    WORK_ORDER_SCHEDULE = "WORK_ORDER_SCHEDULE", "排班预约", "The service provider names a crew and a time."
    WORK_ORDER_START = "WORK_ORDER_START", "开始作业", "The service provider begins the work."
    WORK_ORDER_REPORT = "WORK_ORDER_REPORT", "报告进展", "The service provider notes how the work goes."
    WORK_ORDER_ASK = "WORK_ORDER_ASK", "服务商提问", "The service provider asks, or wants the place arranged with."
    WORK_ORDER_ANSWER = "WORK_ORDER_ANSWER", "答复服务商", "The department answers what was asked."
    WORK_ORDER_SET_CONTACT = (
        "WORK_ORDER_SET_CONTACT",
        "告知现场联系人",
        "The department says whom to ask for at the place.",
    )
    WORK_ORDER_CLEAR_CONTACT = (
        "WORK_ORDER_CLEAR_CONTACT",
        "撤回现场联系人",
        "The department takes the contact at the place back.",
    )
    WORK_ORDER_REQUEST_EXTENSION = (
        "WORK_ORDER_REQUEST_EXTENSION",
        "服务商申请延期",
        "The service provider asks for a later due time.",
    )
    WORK_ORDER_REQUEST_PRICE = (
        "WORK_ORDER_REQUEST_PRICE",
        "服务商申请调价",
        "The service provider asks for another price.",
    )
    WORK_ORDER_DECIDE = "WORK_ORDER_DECIDE", "审批申请", "The department grants or refuses what was asked for."
    WORK_ORDER_SUBMIT = "WORK_ORDER_SUBMIT", "服务商提交结果", "The service provider submits a result."
    WORK_ORDER_ACCEPT_RESULT = "WORK_ORDER_ACCEPT_RESULT", "验收通过", "The department accepts the result."
    WORK_ORDER_REJECT_RESULT = "WORK_ORDER_REJECT_RESULT", "验收不通过", "The department rejects the result."
    WORK_ORDER_SETTLE = "WORK_ORDER_SETTLE", "结算", "The department settles the price of an accepted result."
    WORK_ORDER_CANCEL = "WORK_ORDER_CANCEL", "取消委托", "The department cancels the order."


class SubjectKind(Word):
    """What an entry of the journal is about."""

    CASE = "CASE", "事件", "A case: delivered by caseEvents."
    SCREEN = "SCREEN", "大屏", "What the duty desk lets a wall show."
    SHIFT = "SHIFT", "班次", "A duty shift of a centre."
    COMMAND_ORDER = "COMMAND_ORDER", "指挥令", "An order to several units."
    LOOP_BREAK = "LOOP_BREAK", "断环", "A point where the loop is blocked, broken or divergent."
    CONSULTATION = "CONSULTATION", "征求意见", "What a division asks its people."
    WORK_ORDER = "WORK_ORDER", "委托任务单", "A work order, told beside the event of its case: workOrderEvents."


class Happening(Word):
    """What happened to a subject other than a case; what exactly, the subject itself says."""

    ADDED = "ADDED", "新增", "It is new."
    CHANGED = "CHANGED", "变更", "It changed."


class ShareRight(Word):
    """What a unit may do with a case that another answers for."""

    VIEW = "VIEW", "知悉", "See it."
    ASSIST = "ASSIST", "协办", "See it and add its own disposition."
    JOINT = "JOINT", "联办", "As ASSIST; the case is not completed before its disposition is there."


class WorkOrderState(Word):
    """Where a work order stands."""

    OFFERED = "OFFERED", "待接单", "Offered to the service provider."
    SEND_FAILED = "SEND_FAILED", "送达失败", "The offer did not reach the service provider's system."
    ACCEPTED = "ACCEPTED", "已接单", "Accepted by the service provider."
    SCHEDULED = "SCHEDULED", "已排班", "A crew and a time are named."
    IN_PROGRESS = "IN_PROGRESS", "作业中", "Work has begun."
    SUBMITTED = "SUBMITTED", "待验收", "Result submitted, waiting for acceptance."
    REJECTED = "REJECTED", "验收退回", "Result rejected, to be done again."
    ACCEPTED_DONE = "ACCEPTED_DONE", "验收合格", "Result accepted."
    SETTLED = "SETTLED", "已结算", "Result accepted and the price settled."
    DECLINED = "DECLINED", "已拒单", "Declined by the service provider."
    CANCELLED = "CANCELLED", "已取消", "Cancelled by the department, or not answered in time."


class OutsourceReason(Word):
    """Why work is outsourced."""

    HEAVY_LOAD = "HEAVY_LOAD", "任务重", "Too much work for the department's own staff."
    CONTENTIOUS = "CONTENTIOUS", "矛盾突出", "Contentious: a neutral third party helps."
    HARD_TO_SUPERVISE = "HARD_TO_SUPERVISE", "监管难度大", "Hard to supervise without specialists."


class ServiceProviderKind(Word):
    """Kinds of outside organisation."""

    ENTERPRISE = "ENTERPRISE", "企业", "An enterprise."
    PUBLIC_INSTITUTION = "PUBLIC_INSTITUTION", "事业单位", "A public institution."
    SOCIAL_ORGANISATION = "SOCIAL_ORGANISATION", "社会组织", "A social organisation."
    SOCIAL_SERVICE_AGENCY = "SOCIAL_SERVICE_AGENCY", "社工机构", "A social-service agency."
    PROPERTY_COMPANY = "PROPERTY_COMPANY", "物业企业", "A property company."
    PROFESSIONAL_FIRM = "PROFESSIONAL_FIRM", "专业机构", "A professional firm."


class VerificationResult(Word):
    """What a verification before registering found."""

    EXISTS = "EXISTS", "属实", "The problem exists."
    NOT_EXISTS = "NOT_EXISTS", "不属实", "The problem does not exist."
    UNABLE = "UNABLE", "无法核实", "Could not be established."


class CheckResult(Word):
    """What a completion check found."""

    PASS = "PASS", "核查通过", "Really done."
    FAIL = "FAIL", "核查不通过", "Not done; goes back."
    UNABLE = "UNABLE", "无法核查", "Could not be established."


class TaskAssignee(Word):
    """Who is asked to look on the spot."""

    GRID_WORKER = "GRID_WORKER", "网格员", "A grid task: asks the permit list."
    PATROL_OFFICER = "PATROL_OFFICER", "采集员", "A task of the patrol."
    CHECKER = "CHECKER", "核查员", "A task of the centre's checkers."


class GridTask(Word):
    """Tasks a grid may be given when a permit allows it."""

    VERIFICATION = "VERIFICATION", "核实", "Check before registering."
    COMPLETION_CHECK = "COMPLETION_CHECK", "核查", "Check after handling."


class DeclineReason(Word):
    """Why a case is declined."""

    OUT_OF_SCOPE = "OUT_OF_SCOPE", "不属于受理范围", "Not a matter of this system."
    NOT_EXISTS = "NOT_EXISTS", "情况不属实", "The problem does not exist."
    INSUFFICIENT = "INSUFFICIENT", "信息不足", "Too little to act on."
    LEGAL_PROCEDURE = "LEGAL_PROCEDURE", "应走法定程序", "Belongs before a court, arbitration or review body."


class EvidenceKind(Word):
    """When a photo was taken."""

    BEFORE = "BEFORE", "处置前", "Taken before handling."
    AFTER = "AFTER", "处置后", "Taken after handling."


class Channel(Word):
    """How a response is sent."""

    IN_APP = "IN_APP", "应用内", "The submitter's own app or desk; written is delivered."
    SMS = "SMS", "短信", "A text message by a gateway; delivered with its receipt. Long numbers are masked."
    PHONE = "PHONE", "电话", "A call by staff; delivered when who called says so."
    HOTLINE_CALLBACK = "HOTLINE_CALLBACK", "热线回访", "A call back by the hotline; delivered with its receipt."
    DUTY_DESK = "DUTY_DESK", "值班台签收", "For sensors and systems: the duty desk signs for the answer."


class PlainStage(Word):
    """Four plain stages for residents."""

    RECEIVED = "RECEIVED", "已收到", "Handed in and being looked at."
    IN_HAND = "IN_HAND", "办理中", "A unit works on it."
    ANSWERED = "ANSWERED", "已答复", "The answer was delivered."
    FINISHED = "FINISHED", "已办结", "No longer open."


class ClockKind(Word):
    """Which clock."""

    ACCEPT = "ACCEPT", "受理时限", "From submission to acceptance."
    REGISTER = "REGISTER", "立案时限", "From acceptance to the decision whether it is a case."
    VERIFY = "VERIFY", "核实时限", "From the request for a verification to its result."
    DISPATCH = "DISPATCH", "派遣时限", "From registration, or from a return, to dispatch."
    SIGN = "SIGN", "签收时限", "From dispatch until the unit signs or returns it."
    HANDLING = "HANDLING", "处置时限", "From registration to handled."
    RESPOND = "RESPOND", "回应时限", "From handled until the response has reached the submitter."
    CHECK = "CHECK", "核查时限", "From the request for a completion check to its result."
    CLOSE = "CLOSE", "结案时限", "From handled and answered to closed."
    REOPEN = "REOPEN", "重办答复时限", "From the request to take it up again to the answer."
    HOP = "HOP", "交接签收时限", "From a hand-over between levels to its receipt."
    LEVEL = "LEVEL", "本级时限", "From the receipt by a level until it has passed the answer on."
    COMMITMENT = "COMMITMENT", "承诺时限", "From a commitment to the moment it names."
    EXPEDITE = "EXPEDITE", "督办答复时限", "From an expedite order to its reply."
    ORDER_ACCEPT = "ORDER_ACCEPT", "接单时限", "From an offer to the service provider's answer."
    ORDER_WORK = "ORDER_WORK", "委托作业时限", "From acceptance, or a rejected result, to the submitted result."
    ORDER_CONFIRM = "ORDER_CONFIRM", "验收时限", "From a submitted result to the department's judgement."
    ORDER_ANSWER = "ORDER_ANSWER", "答复服务商时限", "From a question or request of a provider to its answer."
    REPAIR = "REPAIR", "断环修复时限", "From the finding of a loop break to its repair; a break's own, not a case's."


class ClockState(Word):
    """How a clock stands."""

    RUNNING = "RUNNING", "计时中", "Time is running."
    NEAR_DUE = "NEAR_DUE", "临期", "Less than a fifth of the limit is left."
    OVERDUE = "OVERDUE", "超期", "The limit has passed and it is not done."
    PAUSED = "PAUSED", "暂停", "The clock stands still."
    MET = "MET", "按期", "Done within the limit."
    MISSED = "MISSED", "逾期办结", "Done after the limit."
    EXEMPT = "EXEMPT", "免责", "Done after the limit; an appeal took it out of the figures."


class CaseEventKind(Word):
    """What to do with an event."""

    SUBMITTED = "SUBMITTED", "新事件", "A case that was just handed in."
    CHANGED = "CHANGED", "事件更新", "A case in view changed, or came into view: upsert it."
    LEFT_VIEW = "LEFT_VIEW", "移出视野", "The case left the view: remove it."
    HEARTBEAT = "HEARTBEAT", "心跳", "Nothing happened up to `cursor`."
    RESYNC_REQUIRED = (
        "RESYNC_REQUIRED",
        "需要重新同步",
        "Start again from a fresh query; the stream completes.",
    )


OPEN_STATES = frozenset(CaseState) - {
    CaseState.CLOSED,
    CaseState.DECLINED,
    CaseState.MERGED,
    CaseState.VOIDED,
    CaseState.WITHDRAWN,
}
"""A case is open in every other state. Source: docs/lifecycle.md."""

DONE_WORK_ORDER_STATES = frozenset({WorkOrderState.ACCEPTED_DONE, WorkOrderState.SETTLED})
OPEN_WORK_ORDER_STATES = frozenset(WorkOrderState) - {
    *DONE_WORK_ORDER_STATES,
    WorkOrderState.DECLINED,
    WorkOrderState.CANCELLED,
}

STAGE_OF_STATE: dict[CaseState, CaseStage | None] = {
    CaseState.SUBMITTED: CaseStage.INTAKE,
    CaseState.ACCEPTED: CaseStage.REGISTRATION,
    CaseState.VERIFYING: CaseStage.REGISTRATION,
    CaseState.REGISTERED: CaseStage.DISPATCH,
    CaseState.DISPATCHED: CaseStage.DISPATCH,
    CaseState.RETURNED: CaseStage.DISPATCH,
    CaseState.SIGNED: CaseStage.HANDLING,
    CaseState.IN_PROGRESS: CaseStage.HANDLING,
    CaseState.ON_HOLD: CaseStage.HANDLING,
    CaseState.LONG_TERM: CaseStage.HANDLING,
    CaseState.HANDLED: CaseStage.FEEDBACK,
    CaseState.CHECKING: CaseStage.CHECK_AND_CLOSURE,
    CaseState.REOPEN_REQUESTED: CaseStage.CHECK_AND_CLOSURE,
    CaseState.CLOSED: CaseStage.EVALUATION,
    CaseState.DECLINED: None,
    CaseState.MERGED: None,
    CaseState.VOIDED: None,
    CaseState.WITHDRAWN: None,
}


def stage_of(state: CaseState, *, is_answered: bool) -> CaseStage | None:
    """The link of the loop a case stands in; HANDLED moves on once the response is delivered."""
    if state is CaseState.HANDLED and is_answered:
        return CaseStage.CHECK_AND_CLOSURE
    return STAGE_OF_STATE[state]
