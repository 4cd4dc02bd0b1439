// One case, live: its stage, what was promised, what was answered, and what may be done about it.
import type { CaseDetail } from '@core/resident';
import { headline, lengthOf, placeOf, titleOf } from '@core/words';
import { now, say, sentenceOf, stopWaiting } from '../../lib/city';
import { fileOf } from '../../lib/photos';
import { outcomeText, stepsOf } from '../../lib/rows';
import { calm, keeper, pulled, screen, title, to } from '../../lib/screen';
import { moment, word } from '../../lib/words';

const LONGEST_REASON = 200;
const HOTLINE = '12345';
const own = keeper(() => ({
  number: '', detail: null as CaseDetail | null, asked: 0, stop: () => undefined as void, isShown: false, pictures: new Map<string, string>(),
}));

interface Acts {
  confirm: boolean;
  urge: boolean;
  reopen: boolean;
  withdraw: boolean;
  unfollow: boolean;
}
const NONE: Acts = { confirm: false, urge: false, reopen: false, withdraw: false, unfollow: false };

Component({
  behaviors: [screen('case')],
  data: {
    number: '', id: '', stage: '', name: '', place: '', steps: [] as ReturnType<typeof stepsOf>, promise: '', outcome: '',
    answers: [] as { at: string; text: string }[], verdict: '', acts: NONE, waits: NONE, isAppeal: false, urges: '', reopenUntil: '',
    facts: [] as { name: string; value: string; id: string }[], pictures: [] as string[], token: '', beneficiary: '', isElsewhere: false,
    asking: '', reason: '', reasonTrouble: '', isGone: false, trouble: '',
  },
  lifetimes: {
    detached() {
      own(this).stop();
    },
  },
  methods: {
    onLoad({ number = '' }: { number?: string }) {
      stopWaiting();
      own(this).number = decodeURIComponent(number);
      this.setData({ number: own(this).number });
    },
    onShow() {
      own(this).isShown = true;
      title(word('case', 'title', now.isEnglish));
      this.follow();
    },
    onHide() {
      own(this).isShown = false;
      own(this).stop();
    },
    onUnload() {
      calm();
      own(this).isShown = false;
      own(this).stop();
    },
    onPullDownRefresh() {
      return pulled(() => this.look());
    },
    follow() {
      const it = own(this);
      it.stop();
      if (!now.resident || !it.isShown || !it.number) return;
      void this.look();
      it.stop = now.resident.follow(it.number, () => void this.look());
    },
    draw(changed: ReadonlySet<string> | null) {
      if (changed?.has('resident')) this.follow();
      else if (changed?.has('arrived') && own(this).isShown) void this.look();
      this.show();
    },
    async look() {
      const it = own(this);
      const mine = ++it.asked;
      try {
        const found = await now.resident?.detail(it.number);
        if (mine !== it.asked || found === undefined) return;
        this.setData({ trouble: '', isGone: !found });
        if (!found || (it.detail && found.version < it.detail.version)) return;
        it.detail = found;
        this.show();
        await this.lookAtPictures(found);
      } catch (error) {
        if (mine === it.asked) this.setData({ trouble: sentenceOf(error) });
      }
    },
    async lookAtPictures({ evidence }: CaseDetail) {
      const it = own(this);
      for (const { url } of evidence) {
        if (it.pictures.has(url)) continue;
        const got = await now.resident?.download(it.number, url).catch(() => null); // the words are here all the same
        if (got) it.pictures.set(url, fileOf(got.bytes, got.type));
      }
      this.setData({ pictures: [...it.pictures.values()] });
    },
    show() {
      const { detail: one, number } = own(this);
      if (!one) return;
      const { isEnglish, resident, entries } = now;
      const at = (when: string | null | undefined) => (when ? moment(when, isEnglish) : '');
      const w = (name: string) => word('case', name, isEnglish);
      const may = (action: string) => one.availableActions.some((it) => it === action);
      const isWaiting = (mutation: string) => entries.some((it) => it.mutation === mutation && it.chain === one.id && it.state !== 'refused');
      const fact = (id: string, name: string, value: string | null | undefined) => (value ? [{ id, name: w(name), value }] : []);
      this.setData({
        id: one.id,
        stage: one.plainStage,
        name: titleOf(one),
        place: placeOf(one.title),
        steps: stepsOf(one.plainSteps, isEnglish),
        promise: at(one.promisedAt),
        outcome: one.outcome ? outcomeText(one.outcome, isEnglish) : '',
        answers: one.responses.map((it) => ({ at: at(it.at), text: it.text ?? '' })),
        verdict: one.isConfirmed == null ? '' : w(one.isConfirmed ? 'solved' : 'unsolved'),
        acts: { confirm: may('CONFIRM'), urge: may('URGE'), reopen: may('REQUEST_REOPEN'), withdraw: may('WITHDRAW'), unfollow: may('UNFOLLOW') },
        waits: {
          confirm: isWaiting('caseConfirm'), urge: isWaiting('caseUrge'), reopen: isWaiting('caseRequestReopen'),
          withdraw: isWaiting('caseWithdraw'), unfollow: isWaiting('caseUnfollow'),
        },
        isAppeal: one.mayAppeal,
        urges: one.urges ? say(`已催办 ${one.urges} 次`, `Urged ${one.urges} times`) : '',
        reopenUntil: may('REQUEST_REOPEN') && one.reopenUntil ? say(`${at(one.reopenUntil)} 前可以申请。`, `Possible until ${at(one.reopenUntil)}.`) : '',
        facts: [
          ...fact('kind', 'kind', word('scenes', one.kind, isEnglish)),
          ...fact('submitted', 'submitted', at(one.submittedAt)),
          ...fact('unit', 'unit', one.responsibleUnit?.name),
          ...fact('due', 'limit', at(one.dueAt)),
          ...fact('address', 'address', one.address),
          ...fact('description', 'description', one.description),
        ],
        token: resident?.kept.of(number)?.token ?? '',
        beneficiary: resident?.passes.of(number) ?? '',
      });
    },
    async act(mutation: string, waits: keyof Acts, more: Record<string, unknown> = {}) {
      const { detail: one } = own(this);
      if (!one || !now.resident || this.data.waits[waits]) return;
      this.setData({ [`waits.${waits}`]: true }); // the second half of a double tap finds it taken
      await now.resident.outbox.add({ mutation, input: { caseId: one.id, ...more }, chain: one.id, words: { title: headline(one.title) } });
    },
    solved() {
      void this.act('caseConfirm', 'confirm', { isSolved: true });
    },
    notSolved() {
      void this.act('caseConfirm', 'confirm', { isSolved: false });
    },
    urge() {
      void this.act('caseUrge', 'urge');
    },
    unfollow() {
      void this.act('caseUnfollow', 'unfollow');
    },
    askReopen() {
      this.setData({ asking: this.data.asking === 'reopen' ? '' : 'reopen', reason: '', reasonTrouble: '' });
    },
    askWithdraw() {
      this.setData({ asking: this.data.asking === 'withdraw' ? '' : 'withdraw', reason: '', reasonTrouble: '' });
    },
    write({ detail }: { detail: { value: string } }) {
      this.data.reason = detail.value; // not drawn: the field has it already
    },
    async withReason() {
      const { asking } = this.data;
      const reason = this.data.reason.trim();
      if (!asking) return;
      if (asking === 'reopen' && !reason) return this.setData({ reasonTrouble: say('请写一句原因。', 'Please give a reason.') });
      if (lengthOf(reason) > LONGEST_REASON) return this.setData({ reasonTrouble: say(`最多 ${LONGEST_REASON} 字。`, `At most ${LONGEST_REASON} characters.`) });
      this.setData({ asking: '', reasonTrouble: '' });
      await this.act(asking === 'reopen' ? 'caseRequestReopen' : 'caseWithdraw', asking === 'reopen' ? 'reopen' : 'withdraw', reason ? { reason } : {});
    },
    copy() {
      wx.setClipboardData({ data: own(this).number });
    },
    copyToken() {
      wx.setClipboardData({ data: this.data.token });
    },
    copyBeneficiary() {
      wx.setClipboardData({ data: this.data.beneficiary });
    },
    call() {
      wx.makePhoneCall({ phoneNumber: HOTLINE, fail: () => undefined });
    },
    elsewhere() {
      this.setData({ isElsewhere: !this.data.isElsewhere });
    },
    see({ currentTarget }: { currentTarget: { dataset: Record<string, string> } }) {
      wx.previewImage({ urls: this.data.pictures, current: currentTarget.dataset['src']! });
    },
    track() {
      void wx.switchTab({ url: '/pages/track/track' });
    },
    signIn: () => to('/pages/sign-in/sign-in'),
  },
});
