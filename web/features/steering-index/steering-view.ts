/** What the index of steering shows, as an address and back. What the address does not name falls on the usual. */
import { one, type SearchParameters } from '../../ui/address.ts';

export interface SteeringView {
  /** Slug of the only model; empty for whichever has studies. */
  readonly model: string;
  /** Name of the test set to draw; empty for all problems. */
  readonly set: string;
  /** The condition whose seeds are drawn one by one; empty for the means of all. */
  readonly trained: string;
  /** Only vectors at this layer. */
  readonly layer: number | null;
  readonly after?: string;
  readonly before?: string;
}

export function parseView(parameters: SearchParameters): SteeringView {
  const layer = one(parameters, 'layer') ?? '';
  return {
    model: one(parameters, 'model') ?? '',
    set: one(parameters, 'set') ?? '',
    trained: one(parameters, 'trained') ?? '',
    layer: /^\d{1,6}$/.test(layer) ? Number(layer) : null,
    after: one(parameters, 'after'),
    before: one(parameters, 'before'),
  };
}

/** `part`: the section to stand at. */
export function viewHref(view: SteeringView, part = ''): string {
  const query = new URLSearchParams();
  if (view.model) query.set('model', view.model);
  if (view.set) query.set('set', view.set);
  if (view.trained) query.set('trained', view.trained);
  if (view.layer !== null) query.set('layer', String(view.layer));
  if (view.after) query.set('after', view.after);
  if (view.before) query.set('before', view.before);
  return `/steering${query.size > 0 ? `?${query}` : ''}${part && `#${part}`}`;
}
