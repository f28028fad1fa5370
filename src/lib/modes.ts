/** Mode of a file that only the user of the run can read. */
export const PRIVATE_FILE = 0o600

/** Mode of a folder that only the user of the run can enter. */
export const PRIVATE_FOLDER = 0o700
