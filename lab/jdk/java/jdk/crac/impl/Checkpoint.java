package jdk.crac.impl;

import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import jdk.crac.CheckpointException;
import jdk.crac.Context;
import jdk.crac.Resource;
import jdk.crac.RestoreException;

/** One checkpoint, and the restore after it. */
public class Checkpoint {

    public static final Context<Resource> GLOBAL_CONTEXT = new OrderedContext<>();

    /** Where -XX:CRaCCheckpointTo leaves its value; null: not configured. */
    private static final String FOLDER = System.getProperty("jdk.crac.lab.checkpoint-to");

    private static final ReentrantLock running = new ReentrantLock();

    private Checkpoint() {
    }

    /**
     * Runs the hooks, checks the open descriptors, has this process dumped, and goes on in the restored one.
     *
     * @param accepted run when the application has agreed, before CRIU begins
     */
    public static void run(Runnable accepted) throws CheckpointException, RestoreException {
        if (!running.tryLock()) {
            throw new IllegalStateException("Recursive checkpoint is not allowed");
        }
        try {
            if (running.getHoldCount() > 1) {
                throw new IllegalStateException("Recursive checkpoint is not allowed");
            }
            runOnce(accepted);
        } finally {
            running.unlock();
        }
    }

    private static void runOnce(Runnable accepted) throws CheckpointException, RestoreException {
        CheckpointException failure = new CheckpointException();
        NewArguments newArguments = NewArguments.NONE;
        try {
            GLOBAL_CONTEXT.beforeCheckpoint(null);
            newArguments = closeAndDump(failure, accepted);
        } catch (CheckpointException e) {
            OrderedContext.addCauses(failure, e);
        }
        newArguments.apply();

        RestoreException restoreFailure = null;
        try {
            GLOBAL_CONTEXT.afterRestore(null);
        } catch (RestoreException e) {
            restoreFailure = e;
        }
        if (failure.getSuppressed().length > 0) {
            if (restoreFailure != null) {
                OrderedContext.addCauses(failure, restoreFailure);
            }
            throw failure;
        }
        if (restoreFailure != null) {
            throw restoreFailure;
        }
        newArguments.runMain();
    }

    private static NewArguments closeAndDump(CheckpointException failure, Runnable accepted) {
        if (FOLDER == null) {
            failure.addSuppressed(new RuntimeException("C/R is not configured"));
            return NewArguments.NONE;
        }
        System.gc();
        Engine.closeAttachSocket();
        OpenDescriptors descriptors = new OpenDescriptors();
        try {
            descriptors.refused().forEach(failure::addSuppressed);
            return failure.getSuppressed().length > 0 ? NewArguments.NONE : dump(failure, accepted);
        } catch (IllegalStateException | UnsupportedOperationException e) {
            failure.addSuppressed(e);
            return NewArguments.NONE;
        } finally {
            descriptors.reopen().forEach(failure::addSuppressed);
        }
    }

    private static NewArguments dump(CheckpointException failure, Runnable accepted) {
        accepted.run();
        NewArguments.rehearse();
        int id = Engine.checkpoint(Path.of(System.getProperty("java.home"), "lib", "criuengine").toString(), FOLDER);
        if (id < 0) {
            failure.addSuppressed(new CheckpointException("Native checkpoint failed."));
            return NewArguments.NONE;
        }
        return NewArguments.read(id);
    }
}
