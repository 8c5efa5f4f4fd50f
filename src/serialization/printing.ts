/** The method that the consoles of Node, Deno and Bun ask for how to print an object. */
export const printed: unique symbol = Symbol.for("nodejs.util.inspect.custom");
