/** Conversion of numbers in memory, for whoever has them already. */

import { describeValue } from "../arguments/describe-value.js";
import type { Known } from "../arguments/known-options.js";
import type { ConversionRules, ConvertedDType } from "./datatypes/convert-numbers.js";
import { convertNumbers as convert } from "./datatypes/convert-numbers.js";
import { isTypedArray } from "./datatypes/nested-values.js";
import type { TypedArray, TypedArrayFor } from "./datatypes/values.js";
import { invalidArgument, lookingAt } from "./errors.js";
import { requireOptions } from "./objects/required-options.js";

const ruleNames: Known<ConversionRules> = { overflow: ["error", "clamp"], inexact: ["error", "round"] };

/**
 * Numbers as those of another type: the array itself where it has them already. Each value is exact, or an error, or
 * what `rules` allow. NaN is no integer whatever the rules.
 *
 * @throws HDF5Error `invalid-argument` at the first value that the new type does not have.
 */
export function convertNumbers<As extends ConvertedDType>(
  source: TypedArray,
  as: As,
  rules: ConversionRules = {},
): TypedArrayFor<As> {
  requireOptions("convertNumbers", rules, ruleNames);
  return lookingAt(() => {
    if (!isTypedArray(source)) throw invalidArgument(`numbers come in a typed array, not ${describeValue(source)}`);
    if (typeof as !== "string") throw invalidArgument(`numbers cannot be read as ${describeValue(as)}`);
    return convert(source, as, rules);
  });
}
