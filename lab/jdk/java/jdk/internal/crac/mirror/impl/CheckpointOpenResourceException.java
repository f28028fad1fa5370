package jdk.internal.crac.mirror.impl;

public class CheckpointOpenResourceException extends Exception {

    private static final long serialVersionUID = 1L;

    public CheckpointOpenResourceException(String description) {
        super(description);
    }
}
