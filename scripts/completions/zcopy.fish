# Completions of zcopy for fish.  They know no option by name: `zcopy
# --list-options` prints all of them, as zcopy(1) describes.

command -q zcopy; or return
zcopy --list-options | while read -l -d \t row help
    set -l halves (string split -m 1 = -- $row)
    set -l rule

    for name in (string split -n ' ' -- $halves[1])
        switch $name
            case '--*'
                set -a rule -l (string sub -s 3 -- $name) -d $help
            case '-*'
                set -a rule -s (string sub -s 2 -- $name)
        end
    end
    if set -q halves[2]
        set -l words (string split -n ' ' -- $halves[2])
        # Others in capitals are numbers and names that are not listed.
        set -l listed (string replace -r '(.)FILE$' '$1' -- $words |
            string match -r -v '^[A-Z]')
        contains FILE $words; and set -a rule -rF; or set -a rule -rf
        set -a rule -a "$listed"
    end
    complete -c zcopy $rule
end
