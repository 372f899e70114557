//! Context URLs.

pub(super) const RULES: &str = r##"
context = "#" contextFragment
contextFragment = "Collection($ref)" / "$ref" / "Collection(Edm.EntityType)" / "Collection(Edm.ComplexType)"
    / qualifiedTypeName [ selectList ]
    / entitySetName contextPath ( "/$deletedEntity" / "/$link" / "/$deletedLink" )
    / entitySetName contextPath [ selectList ] [ "/$entity" / "/$delta" ]
    / singletonEntity contextPath [ selectList ]
contextPath = [ OPEN keyIn CLOSE ] *( "/" ( navigationProperty [ OPEN keyIn CLOSE ] / qualifiedCastName / complexProperty / complexColProperty
    / primitiveProperty / primitiveColProperty ) )
keyIn = keyValue / keyPair *( COMMA keyPair )
selectList = OPEN [ selectListItem *( COMMA selectListItem ) ] CLOSE
selectListItem = "*" / namespace ".*" / *( selectListStep "/" ) selectListEnd
selectListStep = qualifiedCastName / complexProperty / complexColProperty / annotationInFragment
selectListEnd = navigationProperty [ "+" ] [ selectList ] / primitiveProperty / primitiveColProperty / complexProperty / complexColProperty
    / streamProperty / qualifiedCastName / annotationInFragment [ selectList ] / namespace "." ( action / anyFunction )
"##;
