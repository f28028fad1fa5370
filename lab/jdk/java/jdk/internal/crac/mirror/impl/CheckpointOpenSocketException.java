package jdk.internal.crac.mirror.impl;

public class CheckpointOpenSocketException extends Exception {

    private static final long serialVersionUID = 1L;

    public CheckpointOpenSocketException(String description) {
        super(description);
    }
}
