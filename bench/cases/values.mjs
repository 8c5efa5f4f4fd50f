/** Numbers and digests that all libraries share; `h5py-bench.py` has their twins. */

/** Pseudo-random indices below `limit`, the same everywhere. */
export function positions(count, limit) {
  const result = new Array(count);
  let x = 1;
  for (let index = 0; index < count; index++) {
    x = (x * 16807) % 2147483647;
    result[index] = x % limit;
  }
  return result;
}

/** Numbers to write, exact in every floating-point type that is used. */
export function wave(target) {
  for (let x = 0; x < target.length; x++) target[x] = (x % 5000) / 64 + ((x * 7919) % 101) / 128;
  return target;
}

/** A number as Python's `repr` writes it. */
function numberText(value) {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

export function digestNumbers(data) {
  let total = 0;
  for (let index = 0; index < data.length; index += 4097) total += data[index];
  return `${numberText(total)} of ${data.length}`;
}

export function digestSlices(slices) {
  let total = 0;
  for (const data of slices) for (let index = 0; index < data.length; index += 37) total += data[index];
  return numberText(total);
}

export function digestStrings(values) {
  let characters = 0;
  for (const value of values) characters += value.length;
  return `${values.length} strings, ${characters} characters, ${values[Math.floor(values.length / 3)]}`;
}

export function digestColumns({ ids, values, label }) {
  return `${digestNumbers(ids)}; ${digestNumbers(values)}; ${label}`;
}
