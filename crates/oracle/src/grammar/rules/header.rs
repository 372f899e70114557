//! Headers of the protocol and the preferences in them.

pub(super) const RULES: &str = r##"
OWS = *< 	>
header = [ "odata-" ] "isolation" ":" OWS "snapshot"
    / "asyncresult" ":" OWS DIGIT DIGIT DIGIT
    / "content-id" ":" OWS request-id
    / [ "odata-" ] "entityid" ":" OWS iri
    / "odata-error" ":" OWS arrayOrObject
    / [ "odata-" ] "maxversion" ":" OWS digits "." digits
    / "odata-version" ":" OWS "4.0" [ "1" ]
    / prefer
request-id = +unreserved
iri = +<!-~\u>
prefer = "Prefer" ":" OWS preference *( OWS "," OWS preference )
preference = allowEntityReferencesPreference / callbackPreference / continueOnErrorPreference / includeAnnotationsPreference
    / maxpagesizePreference / omitValuesPreference / respondAsyncPreference / returnPreference / trackChangesPreference
    / waitPreference
allowEntityReferencesPreference = [ "odata." ] "allow-entityreferences"
callbackPreference = [ "odata." ] "callback" OWS ";" OWS "url" EQ-H <"> +<!#-~> <">
continueOnErrorPreference = [ "odata." ] "continue-on-error" [ EQ-H ( "true" / "false" ) ]
includeAnnotationsPreference = [ "odata." ] "include-annotations" EQ-H <"> annotationIdentifier *( "," annotationIdentifier ) <">
annotationIdentifier = [ "-" ] ( "*" / namespace "." ( termName / "*" ) ) [ "#" odataIdentifier ]
maxpagesizePreference = [ "odata." ] "maxpagesize" EQ-H <1-9> *DIGIT
omitValuesPreference = "omit-values" EQ-H ( "nulls" / "defaults" )
respondAsyncPreference = "respond-async"
returnPreference = "return" EQ-H ( "representation" / "minimal" )
trackChangesPreference = [ "odata." ] "track-changes"
waitPreference = "wait" EQ-H digits
EQ-H = OWS "=" OWS
"##;
