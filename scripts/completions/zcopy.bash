# shellcheck shell=bash
# Completions of zcopy for bash with bash-completion.  They know no option by
# name: `zcopy --list-options` prints all of them, as zcopy(1) describes.

# _zcopy_value WORD... - complete $cur, which may be one of these words.
_zcopy_value()
{
	local word

	for word; do
		if [[ $word == ?*FILE && $cur == "${word%FILE}"* ]]; then
			cur=${cur#"${word%FILE}"}
			_filedir
			COMPREPLY=("${COMPREPLY[@]/#/${word%FILE}}")
			return
		fi
	done
	for word; do
		case $word in
		FILE)	_filedir ;;
		[A-Z]*)	;;		# a number or name that is not listed
		"$cur"*) COMPREPLY+=("${word%FILE}") ;;
		esac
	done
}

_zcopy()
{
	local cur prev words cword split start option line names
	local options=() operand=() value=()

	_init_completion -s -n : || return
	start=$cur
	option=$prev
	if [[ $option == -[!-]?* ]]; then
		option=-${option: -1}		# the last one of -vc
	fi

	while IFS= read -r line; do
		line=${line%%$'\t'*}
		read -ra names <<<"${line%%=*}"
		if [[ $line != -* ]]; then
			read -ra operand <<<"${line#*=}"
		elif [[ $line != *=* ]]; then
			options+=("${names[@]}")
		else
			options+=("${names[0]}=" "${names[@]:1}")
			[[ " ${names[*]} " != *" $option "* ]] ||
			    read -ra value <<<"${line#*=}"
		fi
	done < <("$1" --list-options 2>/dev/null)

	if [[ " ${words[*]:1:cword-1} " == *" -- "* ]]; then
		_zcopy_value "${operand[@]}"
	elif [[ ${#value[@]} -gt 0 ]]; then
		_zcopy_value "${value[@]}"
	elif [[ $split == true ]]; then
		:			# a value for an option that takes none
	elif [[ $cur == -* ]]; then
		_zcopy_value "${options[@]}"
	else
		_zcopy_value "${operand[@]}"
	fi
	__ltrim_colon_completions "$start"
	if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:=] ]]; then
		compopt -o nospace
	fi
}

complete -F _zcopy zcopy
