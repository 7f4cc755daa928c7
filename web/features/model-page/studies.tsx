/** Studies that speak of this very model, and its router map where one of them read its routers. */
import Link from 'next/link';
import type { ModelPageQuery } from '../../graphql/generated/graphql.ts';
import { formatLarge } from '../../ui/numbers.ts';
import { RouterMap } from '../lime-page/router-maps.tsx';
import { seeds } from '../lime-page/words.ts';

type Model = NonNullable<ModelPageQuery['model']>;

export function Studies({ model }: { readonly model: Model }) {
  const { studies } = model;
  if (studies.length === 0) return null;
  const map = routerMapOf(model);
  return (
    <section aria-labelledby="studies">
      <h2 id="studies">Studies</h2>
      <ul>
        {studies.map(({ slug, kind, part, title, recorded, provenance }) => (
          <li key={slug} className="small">
            <Link href={studyHref(model.slug, { slug, kind, part })}>{title}</Link>{' '}
            <span className="muted">
              {recorded ? 'recorded run' : 'run here'}, {formatLarge(provenance.tokens)} tokens,{' '}
              {seeds(provenance.seeds.length)}
            </span>
          </li>
        ))}
      </ul>
      {map && (
        <>
          <h3>Router map</h3>
          <RouterMap
            heatMap={map.readout.heatMap}
            layerHref={(layer) =>
              `/lime?routers=${encodeURIComponent(map.slug)}&router=${encodeURIComponent(map.name)}&seed=${map.readout.seed}&layer=${layer}#routers`
            }
          />
        </>
      )}
    </section>
  );
}

function studyHref(
  model: string,
  { slug, kind, part }: Pick<Model['studies'][number], 'slug' | 'kind' | 'part'>,
) {
  if (kind === 'steering') return `/steering?model=${encodeURIComponent(model)}#${part}`;
  return kind === 'lime' ? `/lime?${part}=${encodeURIComponent(slug)}#${part}` : '/';
}

/** Of the first study that read its routers, at its first seed. */
function routerMapOf({ slug: own, studies }: Model) {
  for (const { slug, models, routers } of studies) {
    const name = models.find(({ model }) => model?.slug === own)?.name;
    const readout = routers?.models.find(({ model }) => model === name)?.readouts[0];
    if (name && readout) return { slug, name, readout };
  }
  return null;
}
