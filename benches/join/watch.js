/**
 * What a page noted of one way into a call, in milliseconds of the machine's clock, each at its first time.
 *
 * @typedef {Record<string, number>} Marks
 *
 * @typedef {object} Watched
 * @property {Marks} marks
 * @property {MediaTrackSettings | null} camera what the camera gives
 */

/**
 * Runs in the page, before its own scripts, and is the same for everybody who is measured: notes when the button is pressed,
 * when the other's first frame has been rendered, and what happens in between.
 *
 * Somebody else's picture is a video that plays a track which no camera here gave.
 */
export function watchJoin() {
  /** @type {Watched} */
  const watched = { marks: {}, camera: null };
  Object.assign(globalThis, { watched });
  const note = (/** @type {string} */ name, time = performance.now()) => {
    watched.marks[name] ??= performance.timeOrigin + time;
  };

  addEventListener(
    "click",
    ({ target, timeStamp }) => {
      if (target instanceof Element && target.closest("#join") !== null) note("pressed", timeStamp);
    },
    { capture: true },
  );

  /** @type {WeakSet<MediaStreamTrack>} */
  const own = new WeakSet();
  const { mediaDevices } = navigator;
  const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await getUserMedia(constraints);
    for (const track of stream.getTracks()) own.add(track);
    watched.camera = stream.getVideoTracks()[0]?.getSettings() ?? watched.camera;
    note("media");
    return stream;
  };
  const { clone } = MediaStreamTrack.prototype;
  MediaStreamTrack.prototype.clone = function () {
    const copy = clone.call(this);
    if (own.has(this)) own.add(copy);
    return copy;
  };

  const source = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
    ...source,
    /** @param {MediaProvider | null} stream */
    set(stream) {
      source?.set?.call(this, stream);
      if (!(this instanceof HTMLVideoElement) || !(stream instanceof MediaStream)) return;
      const [picture] = stream.getVideoTracks();
      if (picture === undefined || own.has(picture)) return;
      note("element");
      this.requestVideoFrameCallback((now) => note("rendered", now));
    },
  });

  const Socket = WebSocket;
  Object.assign(globalThis, {
    WebSocket: class extends Socket {
      /**
       * @param {string} url
       * @param {string[]} [protocols]
       */
      constructor(url, protocols) {
        note("socket");
        super(url, protocols);
        this.addEventListener("open", () => note("open"));
        this.addEventListener("message", () => note("welcome"));
      }
    },
  });

  const Connection = RTCPeerConnection;
  Object.assign(globalThis, {
    RTCPeerConnection: class extends Connection {
      /** @param {RTCConfiguration} configuration */
      constructor(configuration) {
        note("connection");
        super(configuration);
        this.addEventListener("icecandidate", () => note("candidate"));
        this.addEventListener("signalingstatechange", () => note(this.signalingState));
        this.addEventListener("icegatheringstatechange", () => note(`gathering ${this.iceGatheringState}`));
        this.addEventListener("iceconnectionstatechange", () => note(`ice ${this.iceConnectionState}`));
        this.addEventListener("connectionstatechange", () => note(this.connectionState));
      }
    },
  });

  const { setLocalDescription, setRemoteDescription } = Connection.prototype;
  Object.assign(Connection.prototype, {
    /**
     * @this {RTCPeerConnection}
     * @param {any[]} given
     */
    async setLocalDescription(...given) {
      note("describing");
      await setLocalDescription.apply(this, /** @type {any} */ (given));
      note(`made ${this.localDescription?.type}`);
    },
    /**
     * @this {RTCPeerConnection}
     * @param {any} given
     */
    async setRemoteDescription(given) {
      note(`got ${given.type}`);
      await setRemoteDescription.apply(this, /** @type {any} */ ([given]));
      note(`applied ${given.type}`);
    },
  });
}
