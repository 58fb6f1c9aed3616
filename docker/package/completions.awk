# awk -v shell=bash|zsh|fish -f help.awk -f completions.awk: what that shell completes each command's options and arguments with.
# The first word says which command it is; to serve is the default, so it may be an option as well.

function bash_words(words) {
    return "mapfile -t COMPREPLY < <(compgen -W \"" words "\" -- \"$word\")"
}

function bash_answer(kind, words) {
    if (kind == "words")
        return bash_words(words)
    if (kind == "command")
        return bash_words(joined_commands())
    return kind == "text" ? ":" : "compopt -o filenames; mapfile -t COMPREPLY < <(compgen " (kind == "folder" ? "-d" : "-f") " -- \"$word\")"
}

# What follows an option that takes something: options with the same answer are one case.
function bash_values(    i, j, key, answer, answers, count, keys) {
    for (i = 1; i <= command_count; i++)
        for (j = 1; j <= option_count[commands[i]]; j++) {
            key = commands[i] " " options[commands[i], j]
            if (kind[key] == "flag")
                continue
            answer = bash_answer(kind[key], words_of(help[key]))
            if (!(answer in keys))
                answers[++count] = answer
            keys[answer] = keys[answer] (keys[answer] == "" ? "" : " | ") "\"" key "\""
        }
    for (i = 1; i <= count; i++)
        printf "    %s)\n        %s\n        return ;;\n", keys[answers[i]], answers[i]
}

function bash_options(command,    j, list) {
    for (j = 1; j <= option_count[command]; j++)
        list = list (j > 1 ? " " : "") options[command, j]
    printf "    \"%s -\"*)\n        %s ;;\n", command, bash_words(list)
    if (place[command] != "")
        printf "    \"%s \"*)\n        if [[ $COMP_CWORD -eq 2 ]]; then\n            %s\n        fi ;;\n", command, bash_answer(kind_of(place[command]))
}

function bash(    i) {
    print "# bash completion for crmock"
    print "_crmock() {"
    print "    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} command=serve"
    print "    COMPREPLY=()"
    print "    if [[ $COMP_CWORD -gt 1 && ${COMP_WORDS[1]} != -* ]]; then"
    print "        command=${COMP_WORDS[1]}"
    print "    elif [[ $COMP_CWORD -eq 1 && $word != -* ]]; then"
    printf "        %s\n        return\n    fi\n", bash_words(joined_commands())
    print "    # bash takes --name=value for three words."
    print "    if [[ $word == = ]]; then"
    print "        word="
    print "    elif [[ $option == = ]]; then"
    print "        option=${COMP_WORDS[COMP_CWORD - 2]}"
    print "    fi"
    print "    case \"$command $option\" in"
    bash_values()
    print "    esac"
    print "    case \"$command $word\" in"
    for (i = 1; i <= command_count; i++)
        bash_options(commands[i])
    print "    esac"
    print "}"
    print "complete -F _crmock crmock"
}

function quoted(text) {
    gsub(/'/, "'\\''", text)
    return "'" text "'"
}

function zsh_action(kind, words) {
    if (kind == "words" || kind == "command")
        return "(" (kind == "words" ? words : joined_commands()) ")"
    return kind == "folder" ? "_files -/" : kind == "file" ? "_files" : " "
}

function zsh_option(key, name,    said) {
    said = help[key]
    gsub(/\\/, "\\\\", said)
    gsub(/\[/, "\\[", said)
    gsub(/\]/, "\\]", said)
    return quoted((said ~ /repeatable/ ? "*" : "") name (kind[key] == "flag" ? "" : "=") "[" said "]" \
        (kind[key] == "flag" ? "" : ":" argument[key] ":" zsh_action(kind[key], words_of(help[key]))))
}

function zsh_command(command,    j) {
    printf "    %s)\n        _arguments", command
    for (j = 1; j <= option_count[command]; j++)
        printf " \\\n            %s", zsh_option(command " " options[command, j], options[command, j])
    if (place[command] != "")
        printf " \\\n            %s", quoted("1:" place[command] ":" zsh_action(kind_of(place[command])))
    if (command == "serve")
        printf " \\\n            \"${first[@]}\""
    print " ;;"
}

function zsh(    i) {
    print "#compdef crmock"
    print "local command=serve"
    print "local -a first"
    print "if (( CURRENT == 2 )); then"
    printf "    first=(%s)\n", quoted("1:COMMAND:" zsh_action("command"))
    print "elif [[ $words[2] != -* ]]; then"
    print "    command=$words[2]"
    print "    shift words"
    print "    (( CURRENT-- ))"
    print "fi"
    print "case $command in"
    for (i = 1; i <= command_count; i++)
        zsh_command(commands[i])
    print "esac"
}

function fish_values(kind, words) {
    if (kind == "words" || kind == "command")
        return "-x -a " quoted(kind == "words" ? words : joined_commands())
    return kind == "flag" ? "-f" : kind == "folder" ? "-x -a '(__fish_complete_directories)'" : kind == "file" ? "-r -F" : "-x"
}

function fish_command(command,    j, name, key) {
    for (j = 1; j <= option_count[command]; j++) {
        name = options[command, j]
        key = command " " name
        printf "complete -c crmock -n '__crmock_is %s' -l %s %s -d %s\n", command, substr(name, 3), fish_values(kind[key], words_of(help[key])), quoted(help[key])
    }
    if (place[command] != "")
        printf "complete -c crmock -n '__crmock_is %s; and __crmock_has 2' %s\n", command, fish_values(kind_of(place[command]))
}

function fish(    i) {
    print "# fish completion for crmock"
    print "function __crmock_has -d 'So many words stand before the one that is completed'"
    print "    test (count (commandline -opc)) -eq $argv[1]"
    print "end"
    print "function __crmock_is -d 'It is that command'"
    print "    set -l words (commandline -opc)"
    print "    set -l command serve"
    print "    if set -q words[2]; and not string match -q -- '-*' $words[2]"
    print "        set command $words[2]"
    print "    end"
    print "    test $command = $argv[1]"
    print "end"
    print "complete -c crmock -f"
    printf "complete -c crmock -n '__crmock_has 1' -a %s\n", quoted(joined_commands())
    for (i = 1; i <= command_count; i++)
        fish_command(commands[i])
}

END {
    if (shell == "bash")
        bash()
    else if (shell == "zsh")
        zsh()
    else
        fish()
}
