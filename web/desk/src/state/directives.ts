// Directives: what a level asks of every terminal below, and what came back from each level.
import { shallowRef, watch } from 'vue';
import { DirectiveAtDocument, DirectivesDocument, type DirectiveAtQuery, type DirectivesQuery } from '../generated/graphql';
import { createCalm } from './calm';
import { failed, transport } from './server';

export type Directive = DirectivesQuery['directives']['edges'][number]['node'];
export type Depth = NonNullable<DirectiveAtQuery['directive']>;

export const directives = createCalm(async () => (await transport.query(DirectivesDocument, {})).directives.edges.map(({ node }) => node));

/** Which directive is looked at, and at which division; null: all that lies below the viewer. */
export const looked = shallowRef<{ id: string; division: string | null } | null>(null);
export const depth = shallowRef<Depth | null>(null);

export async function readDepth(): Promise<void> {
  const at = looked.value;
  if (!at) return;
  try {
    const { directive } = await transport.query(DirectiveAtDocument, { id: at.id, division: at.division });
    if (looked.value === at) depth.value = directive ?? null;
  } catch (error) {
    failed(error);
  }
}

watch(looked, (at, was) => {
  if (at?.id !== was?.id) depth.value = null;
  void readDepth();
});
