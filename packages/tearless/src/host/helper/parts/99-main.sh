# Reads the request and does what it asks.
IFS=' ' read -r magic wanted_version input_bytes argument_count || fail 64 'no request'
[ "$magic" = tearless ] || fail 64 'not a request'
if [ "$wanted_version" != "$helper_version" ]; then
  printf '%s\n' "$helper_version"
  fail 76 "this is version $helper_version, asked for was $wanted_version"
fi
is_number "$input_bytes" && is_number "$argument_count" && [ "$argument_count" -ge 1 ] || fail 64 'a bad request'
IFS= read -r verb || fail 74 'the request ended early'
set --
while [ "$argument_count" -gt 1 ]; do
  IFS= read -r argument || fail 74 'the request ended early'
  set -- "$@" "$argument"
  argument_count=$((argument_count - 1))
done
case $verb in
@DISPATCH@
*) fail 78 "no such verb: $verb" ;;
esac || fail 70 "$verb ended with status $?"
