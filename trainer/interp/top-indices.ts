/** The `count` largest numbers of a run, strongest first; ties go to the lowest index. Cheap when count is small. */
export function pickTop(values: ArrayLike<number>, start: number, length: number, count: number): Int32Array {
  const kept = Math.min(count, length);
  const top = new Int32Array(kept);
  let size = 0;
  for (let i = 0; i < length; i++) {
    const value = values[start + i];
    if (size === kept && !(value > values[start + top[size - 1]])) continue;
    let at = size < kept ? size++ : size - 1;
    while (at > 0 && value > values[start + top[at - 1]]) {
      top[at] = top[at - 1];
      at -= 1;
    }
    top[at] = i;
  }
  return top;
}
