package jdk.crac;

import jdk.crac.impl.Checkpoint;

/** The entry to coordinated checkpoints. */
public class Core {

    private Core() {
    }

    public static Context<Resource> getGlobalContext() {
        return Checkpoint.GLOBAL_CONTEXT;
    }

    /** Takes a checkpoint and returns in the restored process, or throws in the one that goes on. */
    public static void checkpointRestore() throws CheckpointException, RestoreException {
        Checkpoint.run(() -> { });
    }
}
