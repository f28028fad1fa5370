# Records the state of this process as the kernel has it. $1: beginning of the names of the files.
records=/opt/crac-start/record
record() {
    # Some shells redirect themselves while a command with a redirection runs: here only the subshell does. Its PATH is its own, too.
    (
        exec >"$records/$1.streams"
        PATH=$PATH:/usr/bin:/bin
        for number in 0 1 2 3 4 5 6 7 8 9; do
            readlink "/proc/$$/fd/$number" || echo none
        done
        for file in cmdline environ limits stat status; do
            cat "/proc/$$/$file" >"$records/$1.$file"
        done
        pwd -P >"$records/$1.folder"
    )
}
