var __defProp = Object.defineProperty;
var __name = (target, value) => __defProp(target, "name", { value, configurable: true });

// ../../../src/edge/worker.js
import { DurableObject, env } from "cloudflare:workers";

// ../../../build/snippets/switchboard-cb302d7812100085/src/edge/signal.js
function signal(head, frame, start, end) {
  return `${head}${frame.slice(start, end)}}`;
}
__name(signal, "signal");

// ../../../build/index.js
import wasmModule from "./1ccf22adbddaf8a294ee188a5273e65077230ce3-index_bg.wasm";
var R2Range = class {
  static {
    __name(this, "R2Range");
  }
  __destroy_into_raw() {
    const ptr = this.__wbg_ptr;
    this.__wbg_ptr = 0;
    R2RangeFinalization.unregister(this);
    return ptr;
  }
  free() {
    const ptr = this.__destroy_into_raw();
    __wbg_call_guard();
    wasm.__wbg_r2range_free(ptr, 0);
  }
  /**
   * @returns {number | undefined}
   */
  get length() {
    if (this.__wbg_inst !== void 0 && this.__wbg_inst !== __wbg_instance_id) {
      throw new Error("Invalid stale object from previous Wasm instance");
    }
    let ret;
    __wbg_call_guard();
    ret = wasm.__wbg_get_r2range_length(this.__wbg_ptr);
    return ret[0] === 0 ? void 0 : ret[1];
  }
  /**
   * @returns {number | undefined}
   */
  get offset() {
    if (this.__wbg_inst !== void 0 && this.__wbg_inst !== __wbg_instance_id) {
      throw new Error("Invalid stale object from previous Wasm instance");
    }
    let ret;
    __wbg_call_guard();
    ret = wasm.__wbg_get_r2range_offset(this.__wbg_ptr);
    return ret[0] === 0 ? void 0 : ret[1];
  }
  /**
   * @returns {number | undefined}
   */
  get suffix() {
    if (this.__wbg_inst !== void 0 && this.__wbg_inst !== __wbg_instance_id) {
      throw new Error("Invalid stale object from previous Wasm instance");
    }
    let ret;
    __wbg_call_guard();
    ret = wasm.__wbg_get_r2range_suffix(this.__wbg_ptr);
    return ret[0] === 0 ? void 0 : ret[1];
  }
  /**
   * @param {number | null} [arg0]
   */
  set length(arg0) {
    if (this.__wbg_inst !== void 0 && this.__wbg_inst !== __wbg_instance_id) {
      throw new Error("Invalid stale object from previous Wasm instance");
    }
    __wbg_call_guard();
    wasm.__wbg_set_r2range_length(this.__wbg_ptr, !isLikeNone(arg0), isLikeNone(arg0) ? 0 : arg0);
  }
  /**
   * @param {number | null} [arg0]
   */
  set offset(arg0) {
    if (this.__wbg_inst !== void 0 && this.__wbg_inst !== __wbg_instance_id) {
      throw new Error("Invalid stale object from previous Wasm instance");
    }
    __wbg_call_guard();
    wasm.__wbg_set_r2range_offset(this.__wbg_ptr, !isLikeNone(arg0), isLikeNone(arg0) ? 0 : arg0);
  }
  /**
   * @param {number | null} [arg0]
   */
  set suffix(arg0) {
    if (this.__wbg_inst !== void 0 && this.__wbg_inst !== __wbg_instance_id) {
      throw new Error("Invalid stale object from previous Wasm instance");
    }
    __wbg_call_guard();
    wasm.__wbg_set_r2range_suffix(this.__wbg_ptr, !isLikeNone(arg0), isLikeNone(arg0) ? 0 : arg0);
  }
};
if (Symbol.dispose) R2Range.prototype[Symbol.dispose] = R2Range.prototype.free;
var Room = class {
  static {
    __name(this, "Room");
  }
  __destroy_into_raw() {
    const ptr = this.__wbg_ptr;
    this.__wbg_ptr = 0;
    RoomFinalization.unregister(this);
    return ptr;
  }
  free() {
    const ptr = this.__destroy_into_raw();
    __wbg_call_guard();
    wasm.__wbg_room_free(ptr, 0);
  }
  /**
   * What is to be done after the event that was handled last, as bits.
   * @returns {number}
   */
  after() {
    if (this.__wbg_inst !== void 0 && this.__wbg_inst !== __wbg_instance_id) {
      throw new Error("Invalid stale object from previous Wasm instance");
    }
    let ret;
    __wbg_call_guard();
    ret = wasm.room_after(this.__wbg_ptr);
    return ret >>> 0;
  }
  /**
   * The alarm went off.
   *
   * # Errors
   *
   * What the runtime throws.
   */
  alarm() {
    if (this.__wbg_inst !== void 0 && this.__wbg_inst !== __wbg_instance_id) {
      throw new Error("Invalid stale object from previous Wasm instance");
    }
    let ret;
    __wbg_call_guard();
    ret = wasm.room_alarm(this.__wbg_ptr);
    if (ret[1]) {
      throw takeFromExternrefTable0(ret[0]);
    }
  }
  /**
   * The relay service is being asked.
   */
  askingRelays() {
    if (this.__wbg_inst !== void 0 && this.__wbg_inst !== __wbg_instance_id) {
      throw new Error("Invalid stale object from previous Wasm instance");
    }
    __wbg_call_guard();
    wasm.room_askingRelays(this.__wbg_ptr);
  }
  /**
   * `GET /api/rooms/{room}` and `GET /api/rooms/{room}/socket`.
   *
   * # Errors
   *
   * What the runtime throws.
   * @param {Request} request
   * @returns {Response}
   */
  fetch(request) {
    if (this.__wbg_inst !== void 0 && this.__wbg_inst !== __wbg_instance_id) {
      throw new Error("Invalid stale object from previous Wasm instance");
    }
    let ret;
    __wbg_call_guard();
    ret = wasm.room_fetch(this.__wbg_ptr, request);
    if (ret[2]) {
      throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
  }
  /**
   * Called when the object comes into memory: the first time, and after every hibernation.
   *
   * # Errors
   *
   * Where a variable is set wrongly, or the object was not made by name.
   * @param {any} state
   * @param {any} env
   */
  constructor(state, env2) {
    let ret;
    __wbg_call_guard();
    ret = wasm.room_new(state, env2);
    if (ret[2]) {
      throw takeFromExternrefTable0(ret[1]);
    }
    this.__wbg_ptr = ret[0];
    Object.defineProperty(this, "__wbg_inst", { value: __wbg_instance_id, writable: true });
    RoomFinalization.register(this, { ptr: ret[0], instance: __wbg_instance_id }, this);
    return this;
  }
  /**
   * The relay service was asked: what it gave out, as `readRelays` made it, or nothing where it failed.
   *
   * # Errors
   *
   * What the runtime throws.
   * @param {string | null} [text]
   */
  relays(text) {
    if (this.__wbg_inst !== void 0 && this.__wbg_inst !== __wbg_instance_id) {
      throw new Error("Invalid stale object from previous Wasm instance");
    }
    var ptr0 = isLikeNone(text) ? 0 : passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    var len0 = WASM_VECTOR_LEN;
    let ret;
    __wbg_call_guard();
    ret = wasm.room_relays(this.__wbg_ptr, ptr0, len0);
    if (ret[1]) {
      throw takeFromExternrefTable0(ret[0]);
    }
  }
  /**
   * The lines of the journal that are not written yet, parted by line feeds.
   * @returns {string}
   */
  takeLines() {
    let deferred1_0;
    let deferred1_1;
    try {
      if (this.__wbg_inst !== void 0 && this.__wbg_inst !== __wbg_instance_id) {
        throw new Error("Invalid stale object from previous Wasm instance");
      }
      let ret;
      __wbg_call_guard();
      ret = wasm.room_takeLines(this.__wbg_ptr);
      deferred1_0 = ret[0];
      deferred1_1 = ret[1];
      return getStringFromWasm0(ret[0], ret[1]);
    } finally {
      __wbg_call_guard();
      wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
    }
  }
  /**
   * The line about the signals that were relayed since this was called last.
   * @returns {string | undefined}
   */
  takeSignals() {
    if (this.__wbg_inst !== void 0 && this.__wbg_inst !== __wbg_instance_id) {
      throw new Error("Invalid stale object from previous Wasm instance");
    }
    let ret;
    __wbg_call_guard();
    ret = wasm.room_takeSignals(this.__wbg_ptr);
    let v1;
    if (ret[0] !== 0) {
      v1 = getStringFromWasm0(ret[0], ret[1]);
      wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    }
    return v1;
  }
  /**
   * A connection is over.
   *
   * # Errors
   *
   * What the runtime throws.
   * @param {WebSocket} socket
   * @param {number} code
   * @param {boolean} was_clean
   */
  webSocketClose(socket, code, was_clean) {
    if (this.__wbg_inst !== void 0 && this.__wbg_inst !== __wbg_instance_id) {
      throw new Error("Invalid stale object from previous Wasm instance");
    }
    let ret;
    __wbg_call_guard();
    ret = wasm.room_webSocketClose(this.__wbg_ptr, socket, code, was_clean);
    if (ret[1]) {
      throw takeFromExternrefTable0(ret[0]);
    }
  }
  /**
   * A frame came in. Gives what is to be done after it, as `after` does: one call less for each signal.
   *
   * # Errors
   *
   * What the runtime throws.
   * @param {WebSocket} socket
   * @param {any} message
   * @returns {number}
   */
  webSocketMessage(socket, message) {
    if (this.__wbg_inst !== void 0 && this.__wbg_inst !== __wbg_instance_id) {
      throw new Error("Invalid stale object from previous Wasm instance");
    }
    let ret;
    __wbg_call_guard();
    ret = wasm.room_webSocketMessage(this.__wbg_ptr, socket, message);
    if (ret[2]) {
      throw takeFromExternrefTable0(ret[1]);
    }
    return ret[0] >>> 0;
  }
};
if (Symbol.dispose) Room.prototype[Symbol.dispose] = Room.prototype.free;
function __wbg_reset_state() {
  __wbg_instance_id++;
  cachedDataViewMemory0 = null;
  cachedUint8ArrayMemory0 = null;
  if (typeof numBytesDecoded !== "undefined") numBytesDecoded = 0;
  if (typeof WASM_VECTOR_LEN !== "undefined") WASM_VECTOR_LEN = 0;
  __wbg_reinit_scheduled = false;
  wasmInstance = new WebAssembly.Instance(wasmModule, __wbg_get_imports());
  wasm = wasmInstance.exports;
  wasm.__wbindgen_start();
}
__name(__wbg_reset_state, "__wbg_reset_state");
function allowsOrigin(env2, origin, host) {
  let ptr0, len0, ptr1, len1;
  try {
    ptr0 = passStringToWasm0(origin, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    len0 = WASM_VECTOR_LEN;
    ptr1 = passStringToWasm0(host, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    len1 = WASM_VECTOR_LEN;
  } catch (e) {
    if (ptr1) {
      wasm.__wbindgen_free(ptr1, len1 * 1, 1);
    }
    if (ptr0) {
      wasm.__wbindgen_free(ptr0, len0 * 1, 1);
    }
    throw e;
  }
  let ret;
  __wbg_call_guard();
  ret = wasm.allowsOrigin(env2, ptr0, len0, ptr1, len1);
  return ret !== 0;
}
__name(allowsOrigin, "allowsOrigin");
function configurationProblem(env2) {
  let ret;
  __wbg_call_guard();
  ret = wasm.configurationProblem(env2);
  let v1;
  if (ret[0] !== 0) {
    v1 = getStringFromWasm0(ret[0], ret[1]);
    wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
  }
  return v1;
}
__name(configurationProblem, "configurationProblem");
function fetch2(request, env2) {
  let ret;
  __wbg_call_guard();
  ret = wasm.fetch(request, env2);
  if (ret[2]) {
    throw takeFromExternrefTable0(ret[1]);
  }
  return takeFromExternrefTable0(ret[0]);
}
__name(fetch2, "fetch");
function limitsRates(env2) {
  let ret;
  __wbg_call_guard();
  ret = wasm.limitsRates(env2);
  return ret !== 0;
}
__name(limitsRates, "limitsRates");
function logsEvents(env2) {
  let ret;
  __wbg_call_guard();
  ret = wasm.logsEvents(env2);
  return ret !== 0;
}
__name(logsEvents, "logsEvents");
function readRelays(env2, servers, asked_at) {
  let deferred4_0;
  let deferred4_1;
  try {
    const val2 = +asked_at;
    const ptr0 = passStringToWasm0(servers, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    let ret;
    __wbg_call_guard();
    ret = wasm.readRelays(env2, ptr0, len0, val2);
    var ptr3 = ret[0];
    var len3 = ret[1];
    if (ret[3]) {
      ptr3 = 0;
      len3 = 0;
      throw takeFromExternrefTable0(ret[2]);
    }
    deferred4_0 = ptr3;
    deferred4_1 = len3;
    return getStringFromWasm0(ptr3, len3);
  } finally {
    __wbg_call_guard();
    wasm.__wbindgen_free(deferred4_0, deferred4_1, 1);
  }
}
__name(readRelays, "readRelays");
function relayService(env2) {
  let ret;
  __wbg_call_guard();
  ret = wasm.relayService(env2);
  let v1;
  if (ret[0] !== 0) {
    v1 = getStringFromWasm0(ret[0], ret[1]);
    wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
  }
  return v1;
}
__name(relayService, "relayService");
function __wbg_get_imports() {
  const import0 = {
    __proto__: null,
    __wbg___wbindgen_is_null_c22311b1cc228e3a: /* @__PURE__ */ __name(function(arg0) {
      const ret = arg0 === null;
      return ret;
    }, "__wbg___wbindgen_is_null_c22311b1cc228e3a"),
    __wbg___wbindgen_is_string_fc456fee5d3317de: /* @__PURE__ */ __name(function(arg0) {
      const ret = typeof arg0 === "string";
      return ret;
    }, "__wbg___wbindgen_is_string_fc456fee5d3317de"),
    __wbg___wbindgen_is_undefined_be5b34249ff1fc15: /* @__PURE__ */ __name(function(arg0) {
      const ret = arg0 === void 0;
      return ret;
    }, "__wbg___wbindgen_is_undefined_be5b34249ff1fc15"),
    __wbg___wbindgen_number_get_934b640d0889af78: /* @__PURE__ */ __name(function(arg0, arg1) {
      const obj = arg1;
      const ret = typeof obj === "number" ? obj : void 0;
      getDataViewMemory0().setFloat64((arg0 >>> 0) + 8 * 1, isLikeNone(ret) ? 0 : ret, true);
      getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, !isLikeNone(ret), true);
    }, "__wbg___wbindgen_number_get_934b640d0889af78"),
    __wbg___wbindgen_string_get_7ce8eee7fd327545: /* @__PURE__ */ __name(function(arg0, arg1) {
      const obj = arg1;
      const ret = typeof obj === "string" ? obj : void 0;
      var ptr1 = isLikeNone(ret) ? 0 : passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      var len1 = WASM_VECTOR_LEN;
      getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
      getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
    }, "__wbg___wbindgen_string_get_7ce8eee7fd327545"),
    __wbg___wbindgen_throw_4c88d8bf264fd984: /* @__PURE__ */ __name(function(arg0, arg1) {
      throw new Error(getStringFromWasm0(arg0, arg1));
    }, "__wbg___wbindgen_throw_4c88d8bf264fd984"),
    __wbg_acceptWebSocket_6893ac0c64b53fb0: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1) {
        arg0.acceptWebSocket(arg1);
      }, arguments);
    }, "__wbg_acceptWebSocket_6893ac0c64b53fb0"),
    __wbg_byteLength_fa48f24814f5ef46: /* @__PURE__ */ __name(function(arg0) {
      const ret = arg0.byteLength;
      return ret;
    }, "__wbg_byteLength_fa48f24814f5ef46"),
    __wbg_close_297c4419d0990129: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1) {
        arg0.close(arg1);
      }, arguments);
    }, "__wbg_close_297c4419d0990129"),
    __wbg_close_2a8b1ba07b9e0fee: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1, arg2, arg3) {
        arg0.close(arg1, getStringFromWasm0(arg2, arg3));
      }, arguments);
    }, "__wbg_close_2a8b1ba07b9e0fee"),
    __wbg_close_5ee9c5fe4e8754a4: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0) {
        arg0.close();
      }, arguments);
    }, "__wbg_close_5ee9c5fe4e8754a4"),
    __wbg_deleteAll_26e3b4637b8ed37c: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0) {
        const ret = arg0.deleteAll();
        return ret;
      }, arguments);
    }, "__wbg_deleteAll_26e3b4637b8ed37c"),
    __wbg_delete_611d12a81cb1d9e7: /* @__PURE__ */ __name(function(arg0, arg1) {
      const ret = arg0.delete(arg1);
      return ret;
    }, "__wbg_delete_611d12a81cb1d9e7"),
    __wbg_deserializeAttachment_19aff04f64c82c3b: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0) {
        const ret = arg0.deserializeAttachment();
        return ret;
      }, arguments);
    }, "__wbg_deserializeAttachment_19aff04f64c82c3b"),
    __wbg_error_d1fc0193610e0e39: /* @__PURE__ */ __name(function(arg0) {
      console.error(arg0);
    }, "__wbg_error_d1fc0193610e0e39"),
    __wbg_getRandomValues_c4bafbe64297d351: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1) {
        const ret = crypto.getRandomValues(getArrayU8FromWasm0(arg0, arg1));
        return ret;
      }, arguments);
    }, "__wbg_getRandomValues_c4bafbe64297d351"),
    __wbg_getTime_edc91481cbc4cd78: /* @__PURE__ */ __name(function(arg0) {
      const ret = arg0.getTime();
      return ret;
    }, "__wbg_getTime_edc91481cbc4cd78"),
    __wbg_getWebSocketAutoResponseTimestamp_8d65eece42f18f36: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1) {
        const ret = arg0.getWebSocketAutoResponseTimestamp(arg1);
        return isLikeNone(ret) ? 0 : addToExternrefTable0(ret);
      }, arguments);
    }, "__wbg_getWebSocketAutoResponseTimestamp_8d65eece42f18f36"),
    __wbg_getWebSockets_557696c97fc4ec99: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1) {
        const ret = arg1.getWebSockets();
        const ptr1 = passArrayJsValueToWasm0(ret, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
        getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
      }, arguments);
    }, "__wbg_getWebSockets_557696c97fc4ec99"),
    __wbg_get_2080c49015e35254: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1) {
        const ret = Reflect.get(arg0, arg1);
        return ret;
      }, arguments);
    }, "__wbg_get_2080c49015e35254"),
    __wbg_get_3f3650ea2ad85e0f: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1, arg2) {
        const ret = arg0.get(getStringFromWasm0(arg1, arg2));
        return ret;
      }, arguments);
    }, "__wbg_get_3f3650ea2ad85e0f"),
    __wbg_get_556f1c9a5c587e8c: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1, arg2, arg3) {
        const ret = arg1.get(getStringFromWasm0(arg2, arg3));
        var ptr1 = isLikeNone(ret) ? 0 : passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        var len1 = WASM_VECTOR_LEN;
        getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
        getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
      }, arguments);
    }, "__wbg_get_556f1c9a5c587e8c"),
    __wbg_get_57b93e4469e51558: /* @__PURE__ */ __name(function(arg0, arg1) {
      const ret = arg0.get(arg1);
      return ret;
    }, "__wbg_get_57b93e4469e51558"),
    __wbg_get_bb8b6b35041e00c9: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1) {
        const ret = Reflect.get(arg0, arg1 >>> 0);
        return ret;
      }, arguments);
    }, "__wbg_get_bb8b6b35041e00c9"),
    __wbg_has_2c4d5cf25ec8c1cf: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1) {
        const ret = Reflect.has(arg0, arg1);
        return ret;
      }, arguments);
    }, "__wbg_has_2c4d5cf25ec8c1cf"),
    __wbg_headers_5fc0106c076eb731: /* @__PURE__ */ __name(function(arg0) {
      const ret = arg0.headers;
      return ret;
    }, "__wbg_headers_5fc0106c076eb731"),
    __wbg_headers_9ef80dd266706f48: /* @__PURE__ */ __name(function(arg0) {
      const ret = arg0.headers;
      return ret;
    }, "__wbg_headers_9ef80dd266706f48"),
    __wbg_id_c4044d9820c4ef54: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0) {
        const ret = arg0.id;
        return ret;
      }, arguments);
    }, "__wbg_id_c4044d9820c4ef54"),
    __wbg_instanceof_ArrayBuffer_12cdaa4161423e6b: /* @__PURE__ */ __name(function(arg0) {
      let result;
      try {
        result = arg0 instanceof ArrayBuffer;
      } catch (_) {
        result = false;
      }
      const ret = result;
      return ret;
    }, "__wbg_instanceof_ArrayBuffer_12cdaa4161423e6b"),
    __wbg_kv_e4a7e50ac5e9fcd5: /* @__PURE__ */ __name(function(arg0) {
      const ret = arg0.kv;
      return ret;
    }, "__wbg_kv_e4a7e50ac5e9fcd5"),
    __wbg_length_e83e819f48c774e4: /* @__PURE__ */ __name(function(arg0) {
      const ret = arg0.length;
      return ret;
    }, "__wbg_length_e83e819f48c774e4"),
    __wbg_method_3d406ebab4dd9853: /* @__PURE__ */ __name(function(arg0, arg1) {
      const ret = arg1.method;
      const ptr1 = passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      const len1 = WASM_VECTOR_LEN;
      getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
      getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
    }, "__wbg_method_3d406ebab4dd9853"),
    __wbg_name_da64f7f8703453ae: /* @__PURE__ */ __name(function(arg0, arg1) {
      const ret = arg1.name;
      var ptr1 = isLikeNone(ret) ? 0 : passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      var len1 = WASM_VECTOR_LEN;
      getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
      getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
    }, "__wbg_name_da64f7f8703453ae"),
    __wbg_new_0e1d4725a4fe20e1: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1, arg2, arg3) {
        const ret = new WebSocketRequestResponsePair(getStringFromWasm0(arg0, arg1), getStringFromWasm0(arg2, arg3));
        return ret;
      }, arguments);
    }, "__wbg_new_0e1d4725a4fe20e1"),
    __wbg_new_7075786089b89c5e: /* @__PURE__ */ __name(function() {
      const ret = /* @__PURE__ */ new Map();
      return ret;
    }, "__wbg_new_7075786089b89c5e"),
    __wbg_new_787b9fb330d55d78: /* @__PURE__ */ __name(function(arg0, arg1) {
      const ret = new Error(getStringFromWasm0(arg0, arg1));
      return ret;
    }, "__wbg_new_787b9fb330d55d78"),
    __wbg_new_cd4348290afae586: /* @__PURE__ */ __name(function() {
      const ret = new Object();
      return ret;
    }, "__wbg_new_cd4348290afae586"),
    __wbg_new_e119023fca43b021: /* @__PURE__ */ __name(function() {
      return handleError(function() {
        const ret = new WebSocketPair();
        return ret;
      }, arguments);
    }, "__wbg_new_e119023fca43b021"),
    __wbg_new_with_opt_str_and_init_6456bed24baae6fc: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1, arg2) {
        const ret = new Response(arg0 === 0 ? void 0 : getStringFromWasm0(arg0, arg1), arg2);
        return ret;
      }, arguments);
    }, "__wbg_new_with_opt_str_and_init_6456bed24baae6fc"),
    __wbg_now_463ac581d2fc7ea3: /* @__PURE__ */ __name(function() {
      const ret = Date.now();
      return ret;
    }, "__wbg_now_463ac581d2fc7ea3"),
    __wbg_put_b0af9581c6825f63: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1, arg2, arg3, arg4) {
        arg0.put(getStringFromWasm0(arg1, arg2), getStringFromWasm0(arg3, arg4));
      }, arguments);
    }, "__wbg_put_b0af9581c6825f63"),
    __wbg_send_0679bdf6f5f95af6: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1) {
        arg0.send(arg1);
      }, arguments);
    }, "__wbg_send_0679bdf6f5f95af6"),
    __wbg_serializeAttachment_87c6c2fa68f58f5a: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1) {
        arg0.serializeAttachment(arg1);
      }, arguments);
    }, "__wbg_serializeAttachment_87c6c2fa68f58f5a"),
    __wbg_setAlarm_dc73531a287b8045: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1) {
        const ret = arg0.setAlarm(arg1);
        return ret;
      }, arguments);
    }, "__wbg_setAlarm_dc73531a287b8045"),
    __wbg_setWebSocketAutoResponse_0ddde035f38bfe21: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1) {
        arg0.setWebSocketAutoResponse(arg1);
      }, arguments);
    }, "__wbg_setWebSocketAutoResponse_0ddde035f38bfe21"),
    __wbg_set_2793479888329cb6: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1, arg2) {
        const ret = Reflect.set(arg0, arg1, arg2);
        return ret;
      }, arguments);
    }, "__wbg_set_2793479888329cb6"),
    __wbg_set_8282f7e0d2d01336: /* @__PURE__ */ __name(function(arg0, arg1, arg2) {
      const ret = arg0.set(arg1, arg2);
      return ret;
    }, "__wbg_set_8282f7e0d2d01336"),
    __wbg_set_bcb0ec2400cfa22e: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0, arg1, arg2, arg3, arg4) {
        arg0.set(getStringFromWasm0(arg1, arg2), getStringFromWasm0(arg3, arg4));
      }, arguments);
    }, "__wbg_set_bcb0ec2400cfa22e"),
    __wbg_set_status_bd9dc81d1c17b108: /* @__PURE__ */ __name(function(arg0, arg1) {
      arg0.status = arg1;
    }, "__wbg_set_status_bd9dc81d1c17b108"),
    __wbg_signal_4a7efcd4e0a7d78e: /* @__PURE__ */ __name(function(arg0, arg1, arg2, arg3) {
      const ret = signal(arg0, arg1, arg2 >>> 0, arg3 >>> 0);
      return ret;
    }, "__wbg_signal_4a7efcd4e0a7d78e"),
    __wbg_storage_0664d11c2978cdc8: /* @__PURE__ */ __name(function(arg0) {
      const ret = arg0.storage;
      return ret;
    }, "__wbg_storage_0664d11c2978cdc8"),
    __wbg_stringify_0a0fbf2ef722380a: /* @__PURE__ */ __name(function() {
      return handleError(function(arg0) {
        const ret = JSON.stringify(arg0);
        return ret;
      }, arguments);
    }, "__wbg_stringify_0a0fbf2ef722380a"),
    __wbg_toString_4d043badaf1f4f69: /* @__PURE__ */ __name(function(arg0) {
      const ret = arg0.toString();
      return ret;
    }, "__wbg_toString_4d043badaf1f4f69"),
    __wbg_url_1be993c7b186415b: /* @__PURE__ */ __name(function(arg0, arg1) {
      const ret = arg1.url;
      const ptr1 = passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
      const len1 = WASM_VECTOR_LEN;
      getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
      getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
    }, "__wbg_url_1be993c7b186415b"),
    __wbindgen_generic_0000000000000001: /* @__PURE__ */ __name(function(arg0) {
      const ret = arg0;
      return ret;
    }, "__wbindgen_generic_0000000000000001"),
    __wbindgen_generic_0000000000000002: /* @__PURE__ */ __name(function(arg0, arg1) {
      const ret = getStringFromWasm0(arg0, arg1);
      return ret;
    }, "__wbindgen_generic_0000000000000002"),
    __wbindgen_init_externref_table: /* @__PURE__ */ __name(function() {
      const table = wasm.__wbindgen_externrefs;
      table.set(0, void 0);
      table.set(1024, void 0);
      table.set(1025, null);
      table.set(1026, true);
      table.set(1027, false);
    }, "__wbindgen_init_externref_table")
  };
  return {
    __proto__: null,
    "./index_bg.js": import0
  };
}
__name(__wbg_get_imports, "__wbg_get_imports");
function __wbg_call_guard() {
  if (__wbg_reinit_scheduled) {
    __wbg_reset_state();
    return;
  }
}
__name(__wbg_call_guard, "__wbg_call_guard");
var __wbg_instance_id = 0;
var R2RangeFinalization = typeof FinalizationRegistry === "undefined" ? { register: /* @__PURE__ */ __name(() => {
}, "register"), unregister: /* @__PURE__ */ __name(() => {
}, "unregister") } : new FinalizationRegistry(({ ptr, instance: instance2 }) => {
  if (instance2 === __wbg_instance_id) wasm.__wbg_r2range_free(ptr, 1);
});
var RoomFinalization = typeof FinalizationRegistry === "undefined" ? { register: /* @__PURE__ */ __name(() => {
}, "register"), unregister: /* @__PURE__ */ __name(() => {
}, "unregister") } : new FinalizationRegistry(({ ptr, instance: instance2 }) => {
  if (instance2 === __wbg_instance_id) wasm.__wbg_room_free(ptr, 1);
});
function addToExternrefTable0(obj) {
  const idx = wasm.__externref_table_alloc();
  wasm.__wbindgen_externrefs.set(idx, obj);
  return idx;
}
__name(addToExternrefTable0, "addToExternrefTable0");
function getArrayU8FromWasm0(ptr, len) {
  ptr = ptr >>> 0;
  return getUint8ArrayMemory0().subarray(ptr / 1, ptr / 1 + len);
}
__name(getArrayU8FromWasm0, "getArrayU8FromWasm0");
var cachedDataViewMemory0 = null;
function getDataViewMemory0() {
  if (cachedDataViewMemory0 === null || cachedDataViewMemory0.buffer.detached === true || cachedDataViewMemory0.buffer.detached === void 0 && cachedDataViewMemory0.buffer !== wasm.memory.buffer) {
    cachedDataViewMemory0 = new DataView(wasm.memory.buffer);
  }
  return cachedDataViewMemory0;
}
__name(getDataViewMemory0, "getDataViewMemory0");
function getStringFromWasm0(ptr, len) {
  ptr = ptr >>> 0;
  return decodeText(getUint8ArrayMemory0().subarray(ptr, ptr + len));
}
__name(getStringFromWasm0, "getStringFromWasm0");
var cachedUint8ArrayMemory0 = null;
function getUint8ArrayMemory0() {
  if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {
    cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
  }
  return cachedUint8ArrayMemory0;
}
__name(getUint8ArrayMemory0, "getUint8ArrayMemory0");
function handleError(f, args) {
  try {
    return f.apply(this, args);
  } catch (e) {
    const idx = addToExternrefTable0(e);
    wasm.__wbindgen_exn_store(idx);
  }
}
__name(handleError, "handleError");
function isLikeNone(x) {
  return x === void 0 || x === null;
}
__name(isLikeNone, "isLikeNone");
function passArrayJsValueToWasm0(array, malloc) {
  const ptr = malloc(array.length * 4, 4) >>> 0;
  for (let i = 0; i < array.length; i++) {
    const add = addToExternrefTable0(array[i]);
    getDataViewMemory0().setUint32(ptr + 4 * i, add, true);
  }
  WASM_VECTOR_LEN = array.length;
  return ptr;
}
__name(passArrayJsValueToWasm0, "passArrayJsValueToWasm0");
function passStringToWasm0(arg, malloc, realloc) {
  if (realloc === void 0) {
    const buf = cachedTextEncoder.encode(arg);
    const ptr2 = malloc(buf.length, 1) >>> 0;
    getUint8ArrayMemory0().subarray(ptr2, ptr2 + buf.length).set(buf);
    WASM_VECTOR_LEN = buf.length;
    return ptr2;
  }
  let len = arg.length;
  let ptr = malloc(len, 1) >>> 0;
  const mem = getUint8ArrayMemory0();
  let offset = 0;
  for (; offset < len && len < 256; offset++) {
    const code = arg.charCodeAt(offset);
    if (code > 127) break;
    mem[ptr + offset] = code;
  }
  if (offset !== len) {
    if (offset !== 0) {
      arg = arg.slice(offset);
    }
    ptr = realloc(ptr, len, len = offset + arg.length * 3, 1) >>> 0;
    const view = getUint8ArrayMemory0().subarray(ptr + offset, ptr + len);
    const ret = cachedTextEncoder.encodeInto(arg, view);
    offset += ret.written;
    ptr = realloc(ptr, len, offset, 1) >>> 0;
  }
  WASM_VECTOR_LEN = offset;
  return ptr;
}
__name(passStringToWasm0, "passStringToWasm0");
var __wbg_reinit_scheduled = false;
function takeFromExternrefTable0(idx) {
  const value = wasm.__wbindgen_externrefs.get(idx);
  wasm.__externref_table_dealloc(idx);
  return value;
}
__name(takeFromExternrefTable0, "takeFromExternrefTable0");
var cachedTextDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
cachedTextDecoder.decode();
function decodeText(bytes) {
  return cachedTextDecoder.decode(bytes);
}
__name(decodeText, "decodeText");
var cachedTextEncoder = new TextEncoder();
var WASM_VECTOR_LEN = 0;
var wasmInstance = new WebAssembly.Instance(wasmModule, __wbg_get_imports());
var wasm = wasmInstance.exports;
wasm.__wbindgen_start();

// ../../../src/edge/journal.js
function write(lines, logs2, analytics) {
  for (const line of lines) {
    if (logs2) console.log(line);
    analytics?.writeDataPoint(pointOf(JSON.parse(line)));
  }
}
__name(write, "write");
function pointOf({ event, room = "", reason = "", present = 0, signals = 0 }) {
  return { indexes: [room], blobs: [event, reason], doubles: [present, signals] };
}
__name(pointOf, "pointOf");

// ../../../src/edge/limits.js
function addressKey(address) {
  if (!address.includes(":")) return address;
  const [head = [], tail] = address.split("::").map((part) => part === "" ? [] : part.split(":"));
  const groups = tail === void 0 ? head : [...head, ...Array(8 - head.length - tail.length).fill("0"), ...tail];
  return groups.slice(0, 4).join(":");
}
__name(addressKey, "addressKey");
function isLoopback(address) {
  return address === "::1" || address.startsWith("127.") || address.startsWith("::ffff:127.");
}
__name(isLoopback, "isLoopback");
async function asksTooOften(request, env2) {
  const joins = request.headers.has("upgrade") ? env2.JOIN_LIMIT : void 0;
  const limiter = request.method === "POST" ? env2.CREATE_LIMIT : joins;
  const address = request.headers.get("cf-connecting-ip");
  if (limiter === void 0 || address === null || isLoopback(address)) return false;
  const { success } = await limiter.limit({ key: addressKey(address) });
  return !success;
}
__name(asksTooOften, "asksTooOften");

// ../../../src/edge/relays.js
var PATIENCE_MS = 1e4;
var PAUSE_MS = 1e4;
var ANSWER_LENGTH = 8192;
var RelayCache = class {
  static {
    __name(this, "RelayCache");
  }
  #service;
  #read;
  /** @type {Known | null} */
  #known = null;
  #pausedUntil = 0;
  /**
   * @param {string} service the URL, the body of a request and the bearer token, parted by spaces
   * @param {(servers: string, askedAt: number) => string} read makes what a room understands out of the answer's servers: until when it
   *   is fresh, when it expires, and the servers, parted by spaces; throws what is wrong with it
   */
  constructor(service2, read) {
    this.#service = service2;
    this.#read = read;
  }
  /**
   * What the service has given out, asked for again if it is not fresh.
   *
   * @returns {Promise<string | null>} null if there is nothing; never rejected
   */
  async get() {
    const now = Date.now();
    if ((this.#known?.freshUntil ?? 0) > now || this.#pausedUntil > now) {
      return this.#usable();
    }
    try {
      this.#known = await this.#ask(now);
    } catch (error) {
      this.#failed(String(error?.message ?? error));
    }
    return this.#usable();
  }
  /**
   * The same, or what there is when this time is over.
   *
   * @param {number} milliseconds
   * @param {(rest: Promise<unknown>) => void} leave gets what still goes on then
   * @returns {Promise<string | null>}
   */
  async within(milliseconds, leave) {
    if ((this.#known?.freshUntil ?? 0) > Date.now()) {
      return this.#usable();
    }
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(() => resolve(void 0), milliseconds);
    });
    const got = this.get();
    const text = await Promise.race([got, late]);
    clearTimeout(timer);
    if (text !== void 0) {
      return text;
    }
    this.#failed(`no answer within ${milliseconds} ms`);
    leave(got);
    return this.#usable();
  }
  #usable() {
    return this.#known !== null && this.#known.expiresAt > Date.now() ? this.#known.text : null;
  }
  /** @param {number} now */
  async #ask(now) {
    const [url = "", body, token] = this.#service.split(" ");
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const signal2 = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(url, { method: "POST", headers, body, signal: signal2, redirect: "manual" });
    const answer2 = await response.text();
    if (!response.ok) {
      throw new Error(`status ${response.status}`);
    }
    if (answer2.length > ANSWER_LENGTH) {
      throw new Error("the answer is too long");
    }
    const text = this.#read(serversIn(answer2), now);
    const [freshUntil, expiresAt] = text.split(" ", 2).map(Number);
    return { text, freshUntil, expiresAt };
  }
  /** @param {string} why */
  #failed(why) {
    this.#pausedUntil = Date.now() + PAUSE_MS;
    console.error(JSON.stringify({ event: "error", in: "relays", message: `Cloudflare's TURN service: ${why}` }));
  }
};
function serversIn(answer2) {
  try {
    return JSON.stringify(JSON.parse(answer2).iceServers) ?? "";
  } catch {
    return "";
  }
}
__name(serversIn, "serversIn");

// ../../../src/edge/worker.js
var RELAYS = "switchboard-relays";
var JOIN_WAITS_MS = 800;
var ASK_RELAYS = 1;
var WRITE_LINES = 2;
var COUNT_SIGNALS = 4;
var COUNT_MS = 1e3;
var DATA = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  vary: "Origin"
};
var PREFLIGHT = {
  "access-control-allow-methods": "GET, HEAD, POST",
  "access-control-allow-headers": "authorization, content-type",
  "access-control-max-age": "7200"
};
var EXPOSED = { "access-control-expose-headers": "retry-after" };
var instance = 0;
function report(event, error) {
  console.error(JSON.stringify({ event: "error", in: event, message: String(error?.stack ?? error) }));
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
    instance += 1;
    __wbg_reset_state();
  }
}
__name(report, "report");
function failure(status, code, message, headers) {
  return Response.json({ error: { code, message } }, { status, headers: { "cache-control": "no-store", ...headers } });
}
__name(failure, "failure");
function internalError() {
  return failure(500, "internal", "something went wrong here; it has been logged");
}
__name(internalError, "internalError");
function tooManyRequests() {
  const message = "too many requests have come from this address: try again in a minute";
  return failure(429, "too-many-requests", message, { "retry-after": "60" });
}
__name(tooManyRequests, "tooManyRequests");
function refuse(told, code, reason) {
  const [client, server] = Object.values(new WebSocketPair());
  server.accept();
  server.send(told);
  server.close(code, reason);
  const headers = { "sec-websocket-protocol": "switchboard.v1" };
  return new Response(null, { status: 101, webSocket: client, headers });
}
__name(refuse, "refuse");
var problem = configurationProblem(env);
if (problem) {
  console.error(JSON.stringify({ event: "error", in: "configuration", message: problem }));
}
var logs = logsEvents(env);
var limits = limitsRates(env);
var service = relayService(env);
var relays = service ? new RelayCache(service, (servers, askedAt) => readRelays(env, servers, askedAt)) : null;
async function forRoom(request, ctx) {
  const joins = relays !== null && request.headers.has("upgrade");
  const text = joins ? await relays.within(JOIN_WAITS_MS, (rest) => ctx.waitUntil(rest)) : null;
  if (text === null && !request.headers.has(RELAYS)) {
    return request;
  }
  const forwarded = new Request(request);
  forwarded.headers.delete(RELAYS);
  if (text !== null) {
    forwarded.headers.set(RELAYS, text);
  }
  return forwarded;
}
__name(forRoom, "forRoom");
function finished(request, env2, response) {
  const copy = new Response(response.body, response);
  const headers = { ...DATA };
  const origin = request.headers.get("origin");
  if (origin !== null && allowsOrigin(env2, origin, new URL(request.url).host)) {
    headers["access-control-allow-origin"] = origin;
    Object.assign(headers, request.method === "OPTIONS" ? PREFLIGHT : EXPOSED);
  }
  for (const [name, value] of Object.entries(headers)) {
    copy.headers.set(name, value);
  }
  return copy;
}
__name(finished, "finished");
function refused(env2, reason) {
  write([JSON.stringify({ event: "refused", reason })], logs, env2.ANALYTICS);
}
__name(refused, "refused");
async function answer(request, env2, ctx) {
  if (limits && await asksTooOften(request, env2)) {
    refused(env2, "too-many-requests");
    return finished(request, env2, tooManyRequests());
  }
  const answered = fetch2(request, env2);
  if (typeof answered !== "string") {
    if (answered.status === 403) {
      refused(env2, "origin-not-allowed");
    }
    return finished(request, env2, answered);
  }
  const response = await env2.ROOM.getByName(answered).fetch(await forRoom(request, ctx));
  const code = response.headers.get("switchboard-close-code");
  if (code !== null) {
    return refuse(await response.text(), Number(code), response.headers.get("switchboard-close-reason"));
  }
  return response.status === 101 ? response : finished(request, env2, response);
}
__name(answer, "answer");
var worker_default = {
  async fetch(request, env2, ctx) {
    try {
      return await answer(request, env2, ctx);
    } catch (error) {
      report("fetch", error);
      return finished(request, env2, internalError());
    }
  }
};
var Room2 = class extends DurableObject {
  static {
    __name(this, "Room");
  }
  #room;
  #instance;
  #counting;
  #live() {
    if (this.#instance !== instance) {
      this.#room = new Room(this.ctx, this.env);
      this.#instance = instance;
    }
    return this.#room;
  }
  /** What may not be done within an event. The answer of the relay service is an event of its own. */
  #after(todo) {
    if (todo & ASK_RELAYS && relays !== null) {
      this.#room.askingRelays();
      this.ctx.waitUntil(relays.get().then((text) => this.#relays(text)));
    }
    if (todo & WRITE_LINES) {
      write(this.#room.takeLines().split("\n"), logs, this.env.ANALYTICS);
    }
    if (todo & COUNT_SIGNALS) {
      this.#counting ??= setTimeout(() => this.#count(), COUNT_MS);
    }
  }
  #count() {
    this.#counting = void 0;
    try {
      const line = this.#live().takeSignals();
      write(line === void 0 ? [] : [line], false, this.env.ANALYTICS);
    } catch (error) {
      report("count", error);
    }
  }
  #relays(text) {
    try {
      this.#live().relays(text ?? void 0);
    } catch (error) {
      report("relays", error);
    }
  }
  fetch(request) {
    try {
      const response = this.#live().fetch(request);
      this.#after(this.#room.after());
      return response;
    } catch (error) {
      report("fetch", error);
      return internalError();
    }
  }
  webSocketMessage(socket, message) {
    try {
      const todo = this.#live().webSocketMessage(socket, message);
      if (todo !== 0) {
        this.#after(todo);
      }
    } catch (error) {
      report("webSocketMessage", error);
    }
  }
  webSocketClose(socket, code, _reason, wasClean) {
    try {
      this.#live().webSocketClose(socket, code, wasClean);
      this.#after(this.#room.after());
    } catch (error) {
      report("webSocketClose", error);
    }
  }
  webSocketError(socket) {
    this.webSocketClose(socket, 1006, "", false);
  }
  alarm() {
    try {
      this.#live().alarm();
      this.#after(this.#room.after());
    } catch (error) {
      report("alarm", error);
      throw error;
    }
  }
};

// worker.js
var ANALYTICS = {
  writeDataPoint: /* @__PURE__ */ __name((point) => console.log(`point ${JSON.stringify(point)}`), "writeDataPoint")
};
var Room3 = class extends Room2 {
  static {
    __name(this, "Room");
  }
  /**
   * @param {any} state
   * @param {any} env
   */
  constructor(state, env2) {
    super(state, { ...env2, ANALYTICS });
  }
};
var worker_default2 = {
  /**
   * @param {Request} request
   * @param {any} env
   * @param {any} context
   */
  fetch: /* @__PURE__ */ __name((request, env2, context) => worker_default.fetch(request, { ...env2, ANALYTICS }, context), "fetch")
};

// ../../../node_modules/wrangler/templates/middleware/middleware-ensure-req-body-drained.ts
var drainBody = /* @__PURE__ */ __name(async (request, env2, _ctx, middlewareCtx) => {
  try {
    return await middlewareCtx.next(request, env2);
  } finally {
    try {
      if (request.body !== null && !request.bodyUsed) {
        const reader = request.body.getReader();
        while (!(await reader.read()).done) {
        }
      }
    } catch (e) {
      console.error("Failed to drain the unused request body.", e);
    }
  }
}, "drainBody");
var middleware_ensure_req_body_drained_default = drainBody;

// ../../../node_modules/wrangler/templates/middleware/middleware-miniflare3-json-error.ts
function reduceError(e) {
  return {
    name: e?.name,
    message: e?.message ?? String(e),
    stack: e?.stack,
    cause: e?.cause === void 0 ? void 0 : reduceError(e.cause)
  };
}
__name(reduceError, "reduceError");
var jsonError = /* @__PURE__ */ __name(async (request, env2, _ctx, middlewareCtx) => {
  try {
    return await middlewareCtx.next(request, env2);
  } catch (e) {
    const error = reduceError(e);
    const body = JSON.stringify(error);
    const headers = {
      "Content-Type": "application/json",
      "MF-Experimental-Error-Stack": "true"
    };
    const encoded = encodeURIComponent(body);
    if (encoded.length <= 8192) {
      headers["MF-Experimental-Error-Stack-Payload"] = encoded;
    }
    return new Response(body, { status: 500, headers });
  }
}, "jsonError");
var middleware_miniflare3_json_error_default = jsonError;

// .wrangler/tmp/bundle-DEiSrb/middleware-insertion-facade.js
var __INTERNAL_WRANGLER_MIDDLEWARE__ = [
  middleware_ensure_req_body_drained_default,
  middleware_miniflare3_json_error_default
];
var middleware_insertion_facade_default = worker_default2;

// ../../../node_modules/wrangler/templates/middleware/common.ts
var __facade_middleware__ = [];
function __facade_register__(...args) {
  __facade_middleware__.push(...args.flat());
}
__name(__facade_register__, "__facade_register__");
function __facade_invokeChain__(request, env2, ctx, dispatch, middlewareChain) {
  const [head, ...tail] = middlewareChain;
  const middlewareCtx = {
    dispatch,
    next(newRequest, newEnv) {
      return __facade_invokeChain__(newRequest, newEnv, ctx, dispatch, tail);
    }
  };
  return head(request, env2, ctx, middlewareCtx);
}
__name(__facade_invokeChain__, "__facade_invokeChain__");
function __facade_invoke__(request, env2, ctx, dispatch, finalMiddleware) {
  return __facade_invokeChain__(request, env2, ctx, dispatch, [
    ...__facade_middleware__,
    finalMiddleware
  ]);
}
__name(__facade_invoke__, "__facade_invoke__");

// .wrangler/tmp/bundle-DEiSrb/middleware-loader.entry.ts
var __Facade_ScheduledController__ = class ___Facade_ScheduledController__ {
  constructor(scheduledTime, cron, noRetry) {
    this.scheduledTime = scheduledTime;
    this.cron = cron;
    this.#noRetry = noRetry;
  }
  scheduledTime;
  cron;
  static {
    __name(this, "__Facade_ScheduledController__");
  }
  #noRetry;
  noRetry() {
    if (!(this instanceof ___Facade_ScheduledController__)) {
      throw new TypeError("Illegal invocation");
    }
    this.#noRetry();
  }
};
function wrapExportedHandler(worker) {
  if (__INTERNAL_WRANGLER_MIDDLEWARE__ === void 0 || __INTERNAL_WRANGLER_MIDDLEWARE__.length === 0) {
    return worker;
  }
  for (const middleware of __INTERNAL_WRANGLER_MIDDLEWARE__) {
    __facade_register__(middleware);
  }
  const fetchDispatcher = /* @__PURE__ */ __name(function(request, env2, ctx) {
    if (worker.fetch === void 0) {
      throw new Error("Handler does not export a fetch() function.");
    }
    return worker.fetch(request, env2, ctx);
  }, "fetchDispatcher");
  return {
    ...worker,
    fetch(request, env2, ctx) {
      const dispatcher = /* @__PURE__ */ __name(function(type, init) {
        if (type === "scheduled" && worker.scheduled !== void 0) {
          const controller = new __Facade_ScheduledController__(
            Date.now(),
            init.cron ?? "",
            () => {
            }
          );
          return worker.scheduled(controller, env2, ctx);
        }
      }, "dispatcher");
      return __facade_invoke__(request, env2, ctx, dispatcher, fetchDispatcher);
    }
  };
}
__name(wrapExportedHandler, "wrapExportedHandler");
function wrapWorkerEntrypoint(klass) {
  if (__INTERNAL_WRANGLER_MIDDLEWARE__ === void 0 || __INTERNAL_WRANGLER_MIDDLEWARE__.length === 0) {
    return klass;
  }
  for (const middleware of __INTERNAL_WRANGLER_MIDDLEWARE__) {
    __facade_register__(middleware);
  }
  return class extends klass {
    #fetchDispatcher = /* @__PURE__ */ __name((request, env2, ctx) => {
      this.env = env2;
      this.ctx = ctx;
      if (super.fetch === void 0) {
        throw new Error("Entrypoint class does not define a fetch() function.");
      }
      return super.fetch(request);
    }, "#fetchDispatcher");
    #dispatcher = /* @__PURE__ */ __name((type, init) => {
      if (type === "scheduled" && super.scheduled !== void 0) {
        const controller = new __Facade_ScheduledController__(
          Date.now(),
          init.cron ?? "",
          () => {
          }
        );
        return super.scheduled(controller);
      }
    }, "#dispatcher");
    fetch(request) {
      return __facade_invoke__(
        request,
        this.env,
        this.ctx,
        this.#dispatcher,
        this.#fetchDispatcher
      );
    }
  };
}
__name(wrapWorkerEntrypoint, "wrapWorkerEntrypoint");
var WRAPPED_ENTRY;
if (typeof middleware_insertion_facade_default === "object") {
  WRAPPED_ENTRY = wrapExportedHandler(middleware_insertion_facade_default);
} else if (typeof middleware_insertion_facade_default === "function") {
  WRAPPED_ENTRY = wrapWorkerEntrypoint(middleware_insertion_facade_default);
}
var middleware_loader_entry_default = WRAPPED_ENTRY;
export {
  Room3 as Room,
  __INTERNAL_WRANGLER_MIDDLEWARE__,
  middleware_loader_entry_default as default
};
//# sourceMappingURL=worker.js.map
