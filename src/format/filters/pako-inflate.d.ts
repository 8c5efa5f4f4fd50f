/** pako says of all its entries but this one what they export. */
declare module "pako/browser/inflate" {
  export { Inflate } from "pako";
}
