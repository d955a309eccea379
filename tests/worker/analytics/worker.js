// The worker with a data set that logs what is written to it: the local runtime throws it away.

import worker, { Room as Base } from "../../../src/edge/worker.js";

const ANALYTICS = {
  writeDataPoint: (/** @type {object} */ point) => console.log(`point ${JSON.stringify(point)}`),
};

export class Room extends Base {
  /**
   * @param {any} state
   * @param {any} env
   */
  constructor(state, env) {
    super(state, { ...env, ANALYTICS });
  }
}

export default {
  /**
   * @param {Request} request
   * @param {any} env
   * @param {any} context
   */
  fetch: (request, env, context) => worker.fetch(request, { ...env, ANALYTICS }, context),
};
