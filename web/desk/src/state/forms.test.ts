import { forms } from '@client/forms';
import { describe, expect, it } from 'vitest';
import { asked, controlOf, emptyValues, formOf, missing, toInput, wordsOf } from './forms';

const formFor = (action: string) => formOf(action)!;
/** Done here every day: each has a form, and a Chinese word for everything it must know. */
const LOOP = [
  'ACCEPT', 'REQUEST_VERIFICATION', 'VERIFY', 'CANCEL_VERIFICATION', 'REGISTER', 'DECLINE', 'MERGE', 'UNMERGE', 'DISPATCH', 'SIGN', 'RETURN',
  'RULE', 'START', 'COMPLETE', 'HOLD', 'MAKE_LONG_TERM', 'RESUME', 'REASSIGN', 'REQUEST_CHECK', 'CHECK', 'REWORK', 'CLOSE', 'REOPEN',
  'REFUSE_REOPEN', 'VOID', 'RESPOND', 'AMEND', 'OUTSOURCE', 'WORK_ORDER_ACCEPT_RESULT', 'WORK_ORDER_REJECT_RESULT', 'WORK_ORDER_CANCEL',
  'ESCALATE', 'ASSIGN_DOWN', 'RECEIVE_HOP', 'PASS_ANSWER', 'ACKNOWLEDGE', 'REQUEST_EXTENSION', 'DECIDE_EXTENSION', 'APPEAL_LATENESS',
  'DECIDE_APPEAL', 'EXPEDITE', 'REPLY_EXPEDITE', 'SHARE', 'UNSHARE', 'ADD_DISPOSITION',
];

describe('the form of an action', () => {
  it('exists for every action of the loop', () => expect(LOOP.filter((action) => !formOf(action))).toEqual([]));

  it('has Chinese words for everything it must know', () => {
    const bare = LOOP.map(formFor)
      .flatMap((form) => asked(form).map((field) => [form.input, field] as const))
      .filter(([input, field]) => field.isRequired && wordsOf(input, field).zh === field.name)
      .map(([input, { name }]) => `${input}.${name}`);

    expect(bare).toEqual([]);
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

  it('is empty for an action that asks nothing', () => {
    expect(toInput(asked(forms['caseAccept']!), {})).toEqual({});
  });
});
