package jdk.crac.impl;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.stream.Collectors;
import jdk.crac.CheckpointException;
import jdk.crac.Context;
import jdk.crac.Resource;
import jdk.crac.RestoreException;

/** Notifies before a checkpoint in the reverse order of registration, and after a restore in that order. */
public class OrderedContext<R extends Resource> extends Context<R> {

    private final Map<R, Long> order = new WeakHashMap<>();
    private long next;
    /** Resources that were notified of the checkpoint, and have to be notified of its end. */
    private List<R> notified = List.of();

    @Override
    public synchronized void register(R resource) {
        order.put(resource, next++);
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) throws CheckpointException {
        List<R> resources = inOrder();
        notified = resources;
        Collections.reverse(resources);
        CheckpointException failure = new CheckpointException();
        for (R resource : resources) {
            try {
                resource.beforeCheckpoint(this);
            } catch (CheckpointException e) {
                addCauses(failure, e);
            } catch (Exception e) {
                failure.addSuppressed(e);
            }
        }
        if (failure.getSuppressed().length > 0) {
            throw failure;
        }
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws RestoreException {
        List<R> resources = notified;
        notified = List.of();
        Collections.reverse(resources);
        RestoreException failure = new RestoreException();
        for (R resource : resources) {
            try {
                resource.afterRestore(this);
            } catch (RestoreException e) {
                addCauses(failure, e);
            } catch (Exception e) {
                failure.addSuppressed(e);
            }
        }
        if (failure.getSuppressed().length > 0) {
            throw failure;
        }
    }

    private synchronized List<R> inOrder() {
        return order.entrySet().stream()
                .sorted(Comparator.comparing(Map.Entry::getValue))
                .map(Map.Entry::getKey)
                .collect(Collectors.toList());
    }

    /** A nested context's exception says nothing itself: its causes count. */
    static void addCauses(Exception to, Exception from) {
        if (from.getMessage() != null || from.getSuppressed().length == 0) {
            to.addSuppressed(from);
        }
        for (Throwable cause : from.getSuppressed()) {
            to.addSuppressed(cause);
        }
    }
}
