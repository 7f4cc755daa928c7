export interface InstalledTensorflow {
  /** Of what was asked for: the same again changes nothing. */
  readonly key: string;
  /** Relative to tensorflowFolder(). */
  readonly binding: string;
  /** Of libtensorflow. */
  readonly version: string;
  /** Whether libraries for CUDA were brought. */
  readonly cuda: boolean;
  /** Whether TensorFlow saw a card when it was tried. */
  readonly gpu: boolean;
  /** What TensorFlow complained of when it was tried, or ''. */
  readonly warning: string;
}
/** What lies in `folder` (tensorflowFolder() when absent), or null. */
export function readInstalled(folder?: string): InstalledTensorflow | null;
/** Resolves with what was installed; throws, leaving what was there before, when it cannot be. */
export function installTensorflow(options: {
  /** `wheel`, `vendor`, or a folder tensorflow/ of some site-packages. */
  readonly how?: string;
  readonly cuda: boolean;
  readonly say: (line: string) => void;
}): Promise<InstalledTensorflow>;
