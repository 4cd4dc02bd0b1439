// Personal data in full: against a reason that is kept for good, and on the screen only while the case is.
import { RevealContactDocument, type RevealContactMutation } from '../generated/graphql';
import { createIntents } from '@client/intents';
import { transport } from './server';

export type Contact = NonNullable<RevealContactMutation['caseRevealContact']['contact']>;

const { carryOut } = createIntents<Contact>(async (_mutation, input) => {
  const { caseRevealContact } = await transport.query(RevealContactDocument, {
    input: input as { idempotencyKey: string; caseId: string; reason: string },
  });
  return { case: caseRevealContact.contact ?? null, userErrors: caseRevealContact.userErrors };
});

export const reveal = (caseId: string, reason: string) => carryOut('caseRevealContact', { caseId, reason });
