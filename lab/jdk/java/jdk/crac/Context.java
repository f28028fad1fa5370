package jdk.crac;

/** A group of resources, itself a resource of the context around it. */
public abstract class Context<R extends Resource> implements Resource {

    protected Context() {
    }

    @Override
    public abstract void beforeCheckpoint(Context<? extends Resource> context) throws CheckpointException;

    @Override
    public abstract void afterRestore(Context<? extends Resource> context) throws RestoreException;

    /** Holds the resource weakly: who registers it must keep it. */
    public abstract void register(R resource);
}
