import { forEachLimited } from "./concurrency.js";
import type { Device } from "./device.js";
import { aborted, checkRange, syncUnavailable } from "./device-errors.js";
import type { DecodeTask } from "./operation.js";
import { Scratch } from "./scratch.js";
import type { ByteRange } from "./storage.js";

const tasksInFlight = 6;

/** The encoded bytes of a task where they are in memory, else room for them. */
function inputOf({ offset, length }: ByteRange, { resident, size }: Device, scratch: Scratch): Uint8Array {
  checkRange(offset, length, size);
  return resident === undefined ? scratch.room(length) : resident.subarray(offset, offset + length);
}

/** Runs tasks one after another. */
export function runTasksSync(tasks: readonly DecodeTask[], device: Device): Uint8Array[] {
  const scratch = new Scratch();
  return tasks.map((task) => {
    const { source } = task;
    if (source === undefined) return task.runSync(task.input);
    const input = inputOf(source, device, scratch);
    if (device.resident === undefined) {
      if (device.readSync === undefined) throw syncUnavailable(device.name);
      device.readSync(source.offset, input);
    }
    const output = task.runSync(input);
    scratch.release(output);
    return output;
  });
}

/** Runs tasks, several at a time where the runtime can. */
export async function runTasksAsync(
  tasks: readonly DecodeTask[],
  device: Device,
  signal: AbortSignal | undefined,
): Promise<readonly Uint8Array[]> {
  const outputs = new Array<Uint8Array>(tasks.length);
  const spare: Scratch[] = [];
  const runSource = async (task: DecodeTask, source: ByteRange, index: number): Promise<void> => {
    const scratch = spare.pop() ?? new Scratch();
    const input = inputOf(source, device, scratch);
    if (device.resident === undefined) await device.read(source.offset, input, signal);
    const output = task.run === undefined ? task.runSync(input) : await task.run(input);
    scratch.release(output);
    spare.push(scratch);
    outputs[index] = output;
  };
  await forEachLimited(tasks.length, tasksInFlight, (index) => {
    if (signal?.aborted) throw aborted(signal);
    const task = tasks[index];
    if (task.source !== undefined) return runSource(task, task.source, index);
    if (task.run === undefined) {
      outputs[index] = task.runSync(task.input);
      return undefined;
    }
    return task.run(task.input).then((output) => {
      outputs[index] = output;
    });
  });
  return outputs;
}
