import { forms, type Field } from '@client/forms';
import { labels } from '@client/labels';
import { describe, expect, it } from 'vitest';
import { asked, controlOf, emptyValues, formOf, isInstant, missing, partOf, toInput, worded, wordsOf, type Values } from './forms';

const formFor = (action: string) => formOf(action)!;
/** Everything that can be done to a case and has a form. The rest comes about by what others do. */
const ACTIONS = Object.keys(labels.CaseAction).filter((action) => formOf(action));
/** One press and it is done. What would surely be refused when nothing is said, or would not be meant, is not among them. */
const INSTANT = [
  'ACCEPT', 'CANCEL_VERIFICATION', 'SIGN', 'START', 'RESUME', 'RECEIVE_HOP', 'PASS_ANSWER', 'ACKNOWLEDGE', 'WITHDRAW_REOPEN', 'FOLLOW', 'UNFOLLOW', 'URGE',
  'WORK_ORDER_ACCEPT', 'WORK_ORDER_RESEND', 'WORK_ORDER_START', 'WORK_ORDER_CLEAR_CONTACT', 'WORK_ORDER_ACCEPT_RESULT',
];
/** Consequences of something else: nobody presses a button for them. */
const WITHOUT = [
  'TAKE_IN', 'LET_GO', 'NOTE_CHILD', 'END_WITH_PARENT', 'EVALUATE', 'DELIVER', 'FAIL_DELIVERY', 'HAND_OVER', 'POLICE_RECEIPT', 'POLICE_FEEDBACK', 'NEAR_DUE', 'OVERDUE',
  'WORK_ORDER_NOTE', 'WORK_ORDER_LAPSE', 'WORK_ORDER_SEND_FAILED',
];

describe('the form of an action', () => {
  it('exists for every action that somebody takes', () => {
    const others = Object.keys(labels.CaseAction).filter((action) => !formOf(action));

    expect(others).toEqual(WITHOUT);
  });

  it('has a Chinese word for everything it asks', () => {
    const within = (input: string, field: Field): [string, Field][] => [[input, field], ...field.fields.flatMap((inner) => within(field.type, inner))];
    const bare = ACTIONS.map(formFor)
      .flatMap((form) => asked(form).flatMap((field) => within(form.input, field)))
      .filter(([input, field]) => controlOf(field) !== 'photos' && wordsOf(input, field).zh === field.name && !input.endsWith('EvidenceInput'))
      .map(([input, { name }]) => `${input}.${name}`);

    expect(bare).toEqual([]);
  });

  it('opens for every action but those that say everything by themselves', () => {
    expect(ACTIONS.filter((action) => isInstant(action, {}))).toEqual(INSTANT);
    expect(ACTIONS.filter((action) => isInstant(action, { matter: {}, outcome: 'RESOLVED' }) && !INSTANT.includes(action))).toEqual(['REGISTER', 'CLOSE']);
  });

  it('asks for words where the contract would also take a template, and offers the templates beside them', () => {
    const [text, ...others] = asked(formFor('RESPOND'));

    expect([text!.name, text!.isRequired, text!.answers, others]).toEqual(['text', true, 'RESPOND', []]);
    expect(missing([text!], { text: null })).toEqual(['text']);
    expect(missing([text!], { text: '预计……前办结。' })).toEqual(['text']);
    expect(missing([text!], { text: '预计明天前办结。' })).toEqual([]);
    for (const action of ['DECLINE', 'VOID', 'REFUSE_REOPEN']) expect(asked(formFor(action)).find(({ name }) => name === 'response')!.answers).toBe(action);
  });

  it('lets a clerk write …… where no template did', () => {
    const reason = asked(formFor('HOLD'));

    expect(missing(reason, { reason: '等材料……', until: '2026-11-25T18:00' })).toEqual([]);
  });

  it('takes several texts a line each, and has a Chinese word for what a consultation asks', () => {
    const { input, fields } = forms['consultationOpen']!;
    const options = fields.find(({ name }) => name === 'options')!;

    expect(controlOf(options)).toBe('lines');
    expect(missing([options], { options: ' \n ' })).toEqual(['options']);
    expect(toInput([options], { options: ' 健身角 \n\n停车位\n' })).toEqual({ options: ['健身角', '停车位'] });
    expect(asked({ ...forms['consultationOpen']!, fields }).filter((field) => wordsOf(input, field).zh === field.name)).toEqual([]);
  });

  it('says in a refusal the word of the form, not the name in the contract', () => {
    expect(worded(formFor('RESPOND'), { message: 'text填写有误：至少 1 个字。', field: ['text'] })).toBe('「给上报人的回应」填写有误：至少 1 个字。');
    expect(worded(formFor('COMPLETE'), { message: 'disposition.text填写有误：不能为空。', field: ['disposition', 'text'] })).toBe('「处理意见」填写有误：不能为空。');
    expect(worded(formFor('RETURN'), { message: 'proposed_department填写有误：另一单位。', field: ['proposedDepartment'] })).toBe('「建议承办部门」填写有误：另一单位。');
    expect(worded(formFor('SIGN'), { message: '当前状态不能签收。', field: [] })).toBe('当前状态不能签收。');
  });

  it('says what the contract says where no word is known yet', () => {
    const field = { ...asked(formFor('RESPOND'))[0]!, name: 'newcomer', english: 'What is new.' };

    expect(wordsOf('CaseRespondInput', field)).toEqual({ zh: 'newcomer', en: 'What is new.' });
  });

  it('asks only what a person has to say', () => {
    expect(asked(formFor('ACCEPT'))).toEqual([]);
    expect(asked(formFor('DISPATCH')).map((one) => [one.name, controlOf(one), one.isRequired])).toEqual([
      ['department', 'department', true],
      ['note', 'text', false],
    ]);
    expect(asked(formFor('HOLD')).map(controlOf)).toEqual(['text', 'moment']);
    expect(asked(formFor('COMPLETE')).map(controlOf)).toEqual(['choice', 'group', 'photos']);
    expect(formFor('WORK_ORDER_ACCEPT_RESULT').mutation).toBe('workOrderAcceptResult');
  });

  it('lets several be named where the contract takes several', () => {
    const fields = asked(forms['commandOrderIssue']!);

    expect(fields.map((one) => [one.name, controlOf(one)])).toEqual([
      ['division', 'division'], ['title', 'line'], ['requirement', 'text'], ['dueAt', 'moment'], ['signBy', 'moment'], ['departments', 'departments'], ['centres', 'centres'],
    ]);
    expect(emptyValues(fields)['departments']).toEqual([]);
    expect(toInput(fields, { ...emptyValues(fields), title: '到岗', departments: ['a', 'b'] })).toEqual({ title: '到岗', departments: ['a', 'b'] });
    expect(controlOf(asked(forms['permitApply']!).find(({ name }) => name === 'tasks')!)).toBe('choices');
  });

  it('knows how long a text may be', () => {
    const field = (action: string, name: string) => asked(formFor(action)).find((one) => one.name === name)!;

    expect(field('RESPOND', 'text').most).toBe(4_000);
    expect(field('REASSIGN', 'reason').most).toBe(200);
  });
});

describe('the input of a form', () => {
  const complete = asked(formFor('COMPLETE'));

  it('names what is missing, also within a part', () => {
    const values = emptyValues(complete);
    expect(missing(complete, values)).toEqual(['outcome', 'disposition.text']);

    values['outcome'] = 'RESOLVED';
    values['disposition'] = { text: ' ', basis: null };
    expect(missing(complete, values)).toEqual(['disposition.text']);
  });

  it('asks for the rest of a part that may be left out only once it is begun', () => {
    const outsource = asked(forms['caseOutsource']!);
    const values: Values = { ...emptyValues(outsource), serviceProvider: 'p', task: '清运' };
    const contact = outsource.find(({ name }) => name === 'contact')!;
    const needed = () => [partOf(contact, values['contact'] as Values).filter(({ isRequired }) => isRequired).map(({ name }) => name), missing(outsource, values).filter((path) => path.startsWith('contact'))];

    expect(needed()).toEqual([[], []]);
    (values['contact'] as Values)['who'] = '物业';
    expect(needed()).toEqual([['who', 'phone'], ['contact.phone']]);
  });

  it('leaves out what is blank and cuts what hangs over', () => {
    const values = emptyValues(complete);
    values['outcome'] = 'RESOLVED';
    values['disposition'] = { text: ' 已修补。 ', basis: '' };
    values['evidence'] = [{ id: 'p1', kind: 'AFTER', name: '现场.jpg' }];

    expect(toInput(complete, values)).toEqual({
      outcome: 'RESOLVED',
      disposition: { text: '已修补。' },
      evidence: [{ id: 'p1', kind: 'AFTER' }],
    });
  });

  it('says local times with the offset of Jiangsu, wherever the machine stands', () => {
    const hold = asked(formFor('HOLD'));

    expect(toInput(hold, { reason: '等材料', until: '2026-11-25T18:00' })).toEqual({
      reason: '等材料',
      until: '2026-11-25T18:00:00+08:00',
    });
  });

  it('takes sums in yuan and says them in cents; what is no sum is asked for again', () => {
    const settle = asked(forms['workOrderSettle']!);

    expect(toInput(settle, { amountCents: '1280.5' })).toEqual({ amountCents: 128050 });
    expect([missing(settle, { amountCents: '12.345' }), missing(settle, { amountCents: '' })]).toEqual([['amountCents'], []]);
  });

  it('is empty for an action that asks nothing', () => {
    expect(toInput(asked(forms['caseAccept']!), {})).toEqual({});
  });
});
