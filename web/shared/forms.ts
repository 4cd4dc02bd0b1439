// From an action to its form and from the form to its input. The fields are the contract's; here stand only the
// Chinese words for them and what a clerk need not be asked. Pure.
import { forms, type Field, type Form } from '@client/forms';
import { centsOf } from './money';

export type Value = string | boolean | readonly string[] | readonly Photo[] | Values | null;
export type Values = { [name: string]: Value };

export interface Photo {
  id: string;
  kind: 'BEFORE' | 'AFTER';
  name: string;
}

/** The mutation of an action is called like the action, after its object: DISPATCH is caseDispatch. */
const OTHER_NAMES: Readonly<Record<string, string>> = {};

const camel = (words: readonly string[]) => words.map((word) => word[0]! + word.slice(1).toLowerCase()).join('');

export function formOf(action: string): Form | null {
  const words = action.split('_');
  const isOrder = words[0] === 'WORK' && words[1] === 'ORDER';
  const name = OTHER_NAMES[action] ?? (isOrder ? `workOrder${camel(words.slice(2))}` : `case${camel(words)}`);
  return forms[name] ?? null;
}

const FILLED_IN = new Set(['idempotencyKey', 'caseId', 'workOrderId', 'expectedVersion', 'orderId', 'directiveId', 'applicationId', 'permitId']);

/** What is said better otherwise: a template's words are put into the text for a clerk to read, the catalogue knows the matter's item. */
const NOT_ASKED = new Set(['CaseRespondInput.template', 'CaseOutsourceInput.catalogueItem']);

/** Left optional by the contract, for another field may stand in its place; at the desk there is no such field. */
const NEEDED = new Set(['CaseRespondInput.text']);

/** Texts that the submitter reads: which action they answer with, so that templates for it can be offered. */
const ANSWERS: Readonly<Record<string, string>> = {
  'CaseRespondInput.text': 'RESPOND',
  'CaseDeclineInput.response': 'DECLINE',
  'CaseVoidInput.response': 'VOID',
  'CaseRefuseReopenInput.response': 'REFUSE_REOPEN',
  'CaseCombineReplyInput.response': 'RESPOND',
};

/** A field as the desk asks for it. */
export interface Asked extends Field {
  /** The action whose templates suit it. */
  answers?: string | undefined;
}

export const asked = ({ input, fields }: Form): readonly Asked[] =>
  fields
    .filter(({ name }) => !FILLED_IN.has(name) && !NOT_ASKED.has(`${input}.${name}`))
    .map((field) => ({ ...field, isRequired: field.isRequired || NEEDED.has(`${input}.${field.name}`), answers: ANSWERS[`${input}.${field.name}`] }));

/** Everything about them may be left out, but not all at once, or what they would do is not what a press may mean. */
const ASKS = new Set(['AMEND', 'WITHDRAW', 'SUBMIT', 'TAG', 'WORK_ORDER_SETTLE']);

/** Nothing has to be asked: the button does it. */
export function isInstant(action: string, one: { matter?: unknown; outcome?: unknown }): boolean {
  const form = formOf(action);
  if (!form || ASKS.has(action)) return false;
  if (action === 'REGISTER') return one.matter != null;
  if (action === 'CLOSE') return one.outcome != null;
  return asked(form).every(({ isRequired }) => !isRequired);
}

/** What a template leaves for a person to fill in. */
export const OPEN = '……';

interface Words {
  zh: string;
  en: string;
  hint?: string;
  /** What it means to choose nothing, where nothing may be chosen. */
  none?: string;
}

const WORDS: Readonly<Record<string, Words>> = {
  reason: { zh: '原因', en: 'Reason' },
  note: { zh: '备注', en: 'Note' },
  department: { zh: '责任部门', en: 'Department' },
  proposedDepartment: { zh: '建议承办部门', en: 'Proposed unit' },
  serviceProvider: { zh: '服务商', en: 'Service provider' },
  matter: { zh: '事项', en: 'Matter' },
  grid: { zh: '网格', en: 'Grid' },
  masterId: { zh: '并入主件', en: 'Master case' },
  centre: { zh: '下派给', en: 'Centre below' },
  title: { zh: '标题', en: 'Title', hint: '写事项和地点，不写人名' },
  kind: { zh: '诉求类型', en: 'Kind' },
  priority: { zh: '紧急程度', en: 'Priority' },
  assignee: { zh: '派给', en: 'Assignee' },
  result: { zh: '结果', en: 'Result' },
  outcome: { zh: '办理结果', en: 'Outcome' },
  disposition: { zh: '处理意见', en: 'Disposition' },
  basis: { zh: '依据', en: 'Basis' },
  text: { zh: '内容', en: 'Text' },
  response: { zh: '给上报人的回应', en: 'Response', hint: '上报人会看到这段话' },
  suggestedChannel: { zh: '建议办理渠道', en: 'Suggested channel', hint: '如：请向区住建局物业科反映，电话 12345' },
  until: { zh: '到期恢复', en: 'Until' },
  dueAt: { zh: '要求完成时间', en: 'Due' },
  task: { zh: '任务内容', en: 'Task' },
  clause: { zh: '不符合的标准条款', en: 'Clause' },
  evidence: { zh: '照片', en: 'Photos' },
  approved: { zh: '是否同意延期', en: 'Approve' },
  exempt: { zh: '超期不计入考核', en: 'Exempt' },
  replyBy: { zh: '要求答复时间', en: 'Reply by', hint: '不填则按本地规定' },
  order: { zh: '督办单', en: 'Order' },
  right: { zh: '协办权限', en: 'Right' },
  legalBasis: { zh: '法律或职责依据', en: 'Legal basis' },
  channel: { zh: '送达方式', en: 'Channel' },
  overrideReason: { zh: '超出负担上限仍要派的理由', en: 'Override' },
  isSolved: { zh: '是否解决', en: 'Solved' },
  description: { zh: '诉求内容', en: 'Description' },
  programme: { zh: '专项标签', en: 'Programme' },
  otherId: { zh: '关联事件', en: 'Other case' },
  commitmentId: { zh: '承诺', en: 'Commitment' },
  promisedAt: { zh: '承诺期限', en: 'Promised until' },
  visitedAt: { zh: '到场时间', en: 'Was there at' },
  isPressing: { zh: '急难愁盼', en: 'Presses people most' },
  risk: { zh: '风险等级', en: 'Risk' },
  contact: { zh: '联系方式', en: 'Contact' },
  name: { zh: '姓名', en: 'Name' },
  phone: { zh: '电话', en: 'Phone' },
  onBehalfOf: { zh: '代谁上报', en: 'On behalf of' },
  source: { zh: '来源', en: 'Source' },
  address: { zh: '地址', en: 'Address' },
  point: { zh: '位置', en: 'Place' },
  longitude: { zh: '东经（度）', en: 'Longitude' },
  latitude: { zh: '北纬（度）', en: 'Latitude' },
  template: { zh: '回应模板', en: 'Template' },
  division: { zh: '行政区划', en: 'Division' },
  requirement: { zh: '要求', en: 'Requirement', hint: '做什么、到什么程度、向谁反馈；不写人名和电话' },
  signBy: { zh: '签收期限', en: 'Sign by', hint: '不填则按本地规定' },
  departments: { zh: '承办部门', en: 'Departments' },
  centres: { zh: '下级指挥中心', en: 'Centres' },
  terminals: { zh: '下达到', en: 'Terminals' },
  quantity: { zh: '数量', en: 'Quantity' },
  unitPriceCents: { zh: '单价（元）', en: 'Price in yuan', hint: '如 128.50；不填则按目录最高限价' },
  feedback: { zh: '反馈', en: 'Feedback', hint: '进展、困难、需要的支持；不写人名和电话' },
  done: { zh: '是否已完成', en: 'Done' },
  tasks: { zh: '任务', en: 'Tasks' },
  frequency: { zh: '频次', en: 'Frequency' },
  minutesPerTask: { zh: '每次用时（分钟）', en: 'Minutes' },
  resources: { zh: '随事下沉的人员和经费', en: 'Resources' },
  wantedFrom: { zh: '起', en: 'From' },
  wantedTo: { zh: '止', en: 'To' },
  validFrom: { zh: '准入起', en: 'From', hint: '不填则按申请' },
  validTo: { zh: '准入止', en: 'To', hint: '不填则按申请' },
  lastDay: { zh: '最后一天', en: 'Last day' },
  opinion: { zh: '联审意见', en: 'Opinion' },
  isAdmitted: { zh: '是否准入', en: 'Admitted' },
  place: { zh: '作业地点', en: 'Where to work', hint: '不填则为事件地点；不写人名和电话' },
  who: { zh: '找谁', en: 'Whom to ask for', hint: '现场的人或岗位，如物业、门卫；不能是上报人' },
  code: { zh: '编号', en: 'Code' },
  crew: { zh: '班组', en: 'Crew' },
  technician: { zh: '技工', en: 'Technician' },
  appointmentAt: { zh: '预约开始', en: 'Appointment from' },
  appointmentUntil: { zh: '预约结束', en: 'Appointment until' },
  wantedDueAt: { zh: '申请延至', en: 'Wanted due time' },
  wantedUnitPriceCents: { zh: '申请单价（元）', en: 'Wanted price in yuan', hint: '如 128.50' },
  options: { zh: '选项', en: 'Options', hint: '每行一个，2 至 10 个，每个不超过 40 字' },
  opensAt: { zh: '开始时间', en: 'Opens', hint: '不填则立即开始' },
  closesAt: { zh: '截止时间', en: 'Closes' },
  answerBy: { zh: '承诺答复时间', en: 'Answer by' },
  amountCents: { zh: '结算金额（元）', en: 'Amount in yuan', hint: '如 1280.00；不填则按约定全额结算' },
};

const OF_ACTION: Readonly<Record<string, Words>> = {
  'CaseRespondInput.text': { zh: '给上报人的回应', en: 'Response', hint: '上报人会看到这段话' },
  'DispositionInput.text': { zh: '处理意见', en: 'Disposition', hint: '查明的情况和所作的决定' },
  'CaseExpediteInput.kind': { zh: '督办类型', en: 'Kind' },
  'CaseReplyExpediteInput.text': { zh: '督办答复', en: 'Reply', hint: '采取了什么措施、何时办结' },
  'CaseOutsourceInput.contact': { zh: '现场联系人', en: 'At the place', hint: '服务商接单后可见，任务结束即删除' },
  'WorkOrderAnswerInput.contact': { zh: '现场联系人（只在答复「联系现场」时填）', en: 'At the place', hint: '服务商可见，任务结束即删除' },
  'SiteContactInput.phone': { zh: '电话', en: 'Phone', hint: '不能是上报人的电话' },
  'SiteContactInput.note': { zh: '何时联系、怎样进入', en: 'When and how' },
  'WorkOrderSetContactInput.phone': { zh: '电话', en: 'Phone', hint: '不能是上报人的电话' },
  'WorkOrderSetContactInput.note': { zh: '何时联系、怎样进入', en: 'When and how' },
  'CaseOutsourceInput.reason': { zh: '委托原因', en: 'Reason' },
  'WorkOrderAskInput.kind': { zh: '提问类型', en: 'Kind' },
  'WorkOrderAskInput.text': { zh: '要问什么', en: 'Question' },
  'WorkOrderAnswerInput.kind': { zh: '答复哪一项', en: 'Kind' },
  'WorkOrderAnswerInput.text': { zh: '答复', en: 'Answer', hint: '不写上报人的姓名和电话' },
  'WorkOrderDecideInput.kind': { zh: '审批哪一项', en: 'Kind' },
  'WorkOrderDecideInput.approved': { zh: '是否同意', en: 'Approve' },
  'WorkOrderReportInput.text': { zh: '进展', en: 'Progress' },
  'CaseShareInput.department': { zh: '协办单位', en: 'Unit' },
  'CaseAddChildInput.department': { zh: '承办部门', en: 'Department' },
  'CaseDeclineInput.reason': { zh: '不予受理的原因', en: 'Reason' },
  'CaseCommitInput.text': { zh: '承诺内容', en: 'Promise', hint: '向上报人承诺做什么，不写人名' },
  'CaseRequestExtensionInput.reason': { zh: '申请延期的原因', en: 'Reason' },
  'CommandOrderIssueInput.title': { zh: '指挥令标题', en: 'Title', hint: '一行说清，不写人名' },
  'CommandOrderIssueInput.dueAt': { zh: '完成期限', en: 'Due' },
  'DirectiveIssueInput.title': { zh: '指令标题', en: 'Title', hint: '一行说清，不写人名' },
  'DirectiveIssueInput.text': { zh: '指令内容', en: 'Text', hint: '做什么、何时做完、怎样反馈；不写人名和电话' },
  'DirectiveIssueInput.division': { zh: '下达范围', en: 'Where' },
  'DirectiveIssueInput.dueAt': { zh: '落实期限', en: 'Due' },
  'PermitApplyInput.division': { zh: '适用范围', en: 'Where' },
  'PermitBypassInput.division': { zh: '适用范围', en: 'Where' },
  'PermitBypassInput.reason': { zh: '为什么不能等联审（公开）', en: 'Reason' },
  'CrewCreateInput.name': { zh: '班组名称', en: 'Name of the crew' },
  'CrewChangeInput.name': { zh: '班组名称', en: 'Name of the crew' },
  'ConsultationOpenInput.division': { zh: '问哪里的居民', en: 'Whose people' },
  'ConsultationOpenInput.title': { zh: '议题', en: 'Title', hint: '一行说清，不写人名' },
  'ConsultationOpenInput.text': { zh: '征求什么意见', en: 'What is asked', hint: '背景、方案和想听的意见；不写人名和电话' },
  'ConsultationAnswerInput.text': { zh: '答复', en: 'Answer', hint: '采纳了什么、没有采纳什么和原因、接下来怎么做；参与的人都会收到' },
  'CaseTagInput.programme': { zh: '专项标签', en: 'Programme', none: '不属于专项' },
  'WorkOrderSubmitInput.result': { zh: '完成情况', en: 'Result' },
};

export function wordsOf(input: string, { name, english }: Field): Words {
  return OF_ACTION[`${input}.${name}`] ?? WORDS[name] ?? { zh: name, en: english };
}

/** A refusal says which field it means by its name in the contract; a clerk reads the word of the form. */
export function worded(form: Form, { message, field }: { message: string; field?: readonly string[] | null }): string {
  let input = form.input;
  let fields = form.fields;
  let found: { input: string; field: Field } | null = null;
  for (const name of field ?? []) {
    const inner = fields.find((one) => one.name === camelName(name));
    if (!inner) continue; // the number of an entry
    found = { input, field: inner };
    input = inner.type;
    fields = inner.fields;
  }
  if (!found || !field) return message;
  const { zh } = wordsOf(found.input, found.field);
  return [field.join('.'), field.map(camelName).join('.'), field.map(snakeName).join('.')].reduce((said, raw) => said.replace(raw, `「${zh}」`), message);
}

const camelName = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const snakeName = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const LONG = new Set(['overrideReason', 'reason', 'note', 'text', 'response', 'task', 'result', 'requirement', 'reply', 'feedback', 'resources', 'legalBasis']);

export type Control = 'line' | 'lines' | 'text' | 'moment' | 'day' | 'number' | 'money' | 'yes-no' | 'choice' | 'group' | 'photos' | 'department' | 'matter' | 'provider' | 'grid' | 'case' | 'centre' | 'order' | 'commitment' | 'division' | 'departments' | 'centres' | 'choices';

const PICKERS: Readonly<Record<string, Control>> = {
  department: 'department',
  proposedDepartment: 'department',
  matter: 'matter',
  serviceProvider: 'provider',
  grid: 'grid',
  masterId: 'case',
  otherId: 'case',
  commitmentId: 'commitment',
  division: 'division',
  departments: 'departments',
  centres: 'centres',
  order: 'order',
  centre: 'centre',
};

export function controlOf(field: Field): Control {
  if (field.type.endsWith('EvidenceInput')) return 'photos';
  if (field.kind === 'input') return 'group';
  if (field.kind === 'enum') return field.isList ? 'choices' : 'choice';
  if (field.type === 'ID') return PICKERS[field.name] ?? (/department|unit/i.test(field.name) ? 'department' : 'line');
  if (field.type === 'DateTime') return 'moment';
  if (field.type === 'Date') return 'day';
  if (field.type === 'Boolean') return 'yes-no';
  if (field.type === 'Int' && field.name.endsWith('Cents')) return 'money';
  if (field.type === 'Int' || field.type === 'Float') return 'number';
  if (field.isList) return 'lines';
  return LONG.has(field.name) ? 'text' : 'line';
}

/** Values of an enum that would be refused here, so that nobody is offered them. */
const OFFERED: Readonly<Record<string, readonly string[]>> = {
  'CaseExpediteInput.kind': ['TIMEOUT', 'KEY', 'LEADER'],
  'CaseDeclineInput.outcome': ['NOT_OURS', 'NO_PROBLEM_FOUND'],
};

export const offered = (input: string, field: Field, all: readonly string[]): readonly string[] =>
  OFFERED[`${input}.${field.name}`] ?? all;

export function emptyValues(fields: readonly Field[]): Values {
  const values: Values = {};
  for (const field of fields) {
    const control = controlOf(field);
    values[field.name] = control === 'group' ? emptyValues(field.fields) : MANY.has(control) ? [] : null;
  }
  return values;
}

const MANY = new Set<Control>(['photos', 'departments', 'centres', 'choices']);

const isBlank = (value: Value | undefined) =>
  value == null || (typeof value === 'string' && !value.trim()) || (Array.isArray(value) && value.length === 0);

export const isUnfinished = (value: Value | undefined) => typeof value === 'string' && value.includes(OPEN);

const isUntouched = (fields: readonly Field[], values: Values): boolean =>
  fields.every((field) => (controlOf(field) === 'group' ? isUntouched(field.fields, values[field.name] as Values) : isBlank(values[field.name])));

/** The fields of a part: what it needs is needed once somebody begins it, or where the part itself is. */
export function partOf(field: Field, values: Values): readonly Field[] {
  const isBegun = field.isRequired || !isUntouched(field.fields, values);
  return field.fields.map((one) => ({ ...one, isRequired: one.isRequired && isBegun }));
}

const isNoSum = (field: Field, value: Value | undefined) =>
  controlOf(field) === 'money' && !isBlank(value) && centsOf(value as string) === null;

/** Paths of what has to be filled in and is not, or not as it should be, in the order of the form. */
export function missing(fields: readonly Asked[], values: Values, path = ''): string[] {
  return fields.flatMap((field) => {
    const name = path + field.name;
    const value = values[field.name];
    if (controlOf(field) !== 'group') return (field.isRequired && isBlank(value)) || (field.answers && isUnfinished(value)) || isNoSum(field, value) ? [name] : [];
    return missing(partOf(field, value as Values), value as Values, `${name}.`);
  });
}

/** What the contract wants: blanks left out, local times with the offset of Jiangsu. */
export function toInput(fields: readonly Field[], values: Values): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.name];
    const control = controlOf(field);
    if (control === 'group') {
      const inner = value as Values;
      if (field.isRequired || !isUntouched(field.fields, inner)) input[field.name] = toInput(field.fields, inner);
    } else if (!isBlank(value)) input[field.name] = given(control, value!);
  }
  return input;
}

/** One entry a line; blank ones say nothing. */
const linesOf = (text: string): string[] => text.split('\n').flatMap((line) => line.trim() || []);

function given(control: Control, value: Value): unknown {
  if (control === 'moment') return `${value as string}:00+08:00`;
  if (control === 'number') return Number(value);
  if (control === 'money') return centsOf(value as string);
  if (control === 'lines') return linesOf(value as string);
  if (control === 'photos') return (value as readonly Photo[]).map(({ id, kind }) => ({ id, kind }));
  return typeof value === 'string' ? value.trim() : value;
}
