/** Camera and microphone, asked for as the call page asks for them. */
export function openMedia() {
  return navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "user" },
  });
}

/** The page has camera and microphone, and Join can be pressed; or it waits for whoever presses it. */
export function tellReady() {
  const join = document.getElementById("join");
  if (join instanceof HTMLButtonElement) join.disabled = false;
  document.body.setAttribute("data-ready", "");
}
