import type { Stage } from '../types';

/** The seven links of the loop, in the order a case passes them. */
export const STAGES: readonly Stage[] = [
  'INTAKE',
  'REGISTRATION',
  'DISPATCH',
  'HANDLING',
  'FEEDBACK',
  'CHECK_AND_CLOSURE',
  'EVALUATION',
];
