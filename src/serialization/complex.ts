import { invalidArgument } from "./errors.js";

/** A complex number. It is a class, so that a dict that happens to have the keys `re` and `im` stays a dict. */
export class Complex {
  readonly re: number;
  readonly im: number;

  constructor(re: number, im = 0) {
    if (typeof re !== "number" || typeof im !== "number") {
      throw invalidArgument("a complex number is made from two numbers");
    }
    this.re = re;
    this.im = im;
  }

  toString(): string {
    const sign = this.im < 0 || Object.is(this.im, -0) ? "-" : "+";
    return `${this.re}${sign}${Math.abs(this.im)}i`;
  }
}
