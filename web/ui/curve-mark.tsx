/** The mark of a point: shapes tell series apart where colours have another meaning. */
import styles from './curve-mark.module.css';

export type CurveShape = 'ring' | 'square' | 'diamond' | 'triangle';

export interface CurveMarkProps {
  readonly shape: CurveShape;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

export function CurveMark({ shape, x, y, radius }: CurveMarkProps) {
  if (shape === 'ring') return <circle className={styles.ring} cx={x} cy={y} r={radius} />;
  return (
    <path className={styles.solid} data-mark transform={`translate(${x} ${y})`} d={outline(shape, radius)} />
  );
}

/** Of about the same ink, whatever the shape. */
function outline(shape: Exclude<CurveShape, 'ring'>, radius: number): string {
  const r = radius * (shape === 'square' ? 0.95 : 1.3);
  switch (shape) {
    case 'square':
      return `M${-r} ${-r}H${r}V${r}H${-r}Z`;
    case 'diamond':
      return `M0 ${-r}L${r} 0L0 ${r}L${-r} 0Z`;
    case 'triangle':
      return `M0 ${-r}L${r} ${r * 0.8}H${-r}Z`;
  }
}
