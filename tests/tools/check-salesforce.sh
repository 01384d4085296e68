#!/bin/sh
# tools/check-salesforce wants the Salesforce package and Suture to fit together.
# shellcheck source=../lib/checks.sh
. "$(dirname "$0")/../lib/checks.sh"

source=$tools/..
if [ ! -d "$tools/node/node_modules/fast-xml-parser" ]; then
	echo "ok 1 - salesforce: the checks # SKIP ./run lint installs what they need"
	echo "1..1"
	exit 0
fi
main=force-app/main/default

# again: the real package, whole.
again() {
	rm -rf "$root/salesforce"
	mkdir -p "$root/salesforce" "$root/src/app" "$root/src/model/mappings" "$root/sandbox/salesforce"
	cp -r "$source/salesforce/force-app" "$source/salesforce/samples" "$source/salesforce/contract" "$source/salesforce/package-only.txt" "$root/salesforce"
	cp "$source/src/app/engine.c" "$root/src/app"
	cp "$source"/src/model/mappings/*.yaml "$root/src/model/mappings"
	cp "$source/sandbox/salesforce/schema_tables.c" "$root/sandbox/salesforce"
	cd "$root/salesforce" || exit 1
}
# edit FILE FROM TO
edit() {
	sed "s|$2|$3|" "$1" >"$1.new" && mv "$1.new" "$1"
}

again
accepts "salesforce: the package fits" "$tools/check-salesforce" "$root"

rm $main/objects/Contact/fields/Gender__c.field-meta.xml
refuses "salesforce: a field that a mapping names and the package lacks is found" "hint-contact.yaml names Contact.Gender__c" \
	"$tools/check-salesforce" "$root"

again
edit package-only.txt '^Account.Last_Batch_Sync_Id__c.*' ''
refuses "salesforce: a field that nobody uses is found" "Account.Last_Batch_Sync_Id__c is in the package" \
	"$tools/check-salesforce" "$root"

again
edit $main/objects/Contact/fields/Hint_Patient_Id__c.field-meta.xml '<unique>true' '<unique>false'
refuses "salesforce: a field unlike the sandbox's is found" "Contact.Hint_Patient_Id__c has unique false" \
	"$tools/check-salesforce" "$root"

again
edit $main/permissionsets/Suture_Integration_User.permissionset-meta.xml 'Contact.Birthdate' 'Contact.Title'
refuses "salesforce: a field that Suture's user may not write is found" "may not write Contact.Birthdate" \
	"$tools/check-salesforce" "$root"

again
edit $main/tabs/Suture_Log__c.tab-meta.xml '</CustomTab>' '</CustomTabs>'
refuses "salesforce: XML that is not well-formed is found" "Suture_Log__c.tab-meta.xml: " "$tools/check-salesforce" "$root"

again
edit samples/main/default/flows/Suture_Contact_Reaches_Stage.flow-meta.xml '<name>recordId' '<name>contactId'
refuses "salesforce: an input that the action lacks is found" "has no input contactId" "$tools/check-salesforce" "$root"

again
edit $main/lwc/sutureStatus/sutureStatus.js 'SutureController.act' 'SutureController.push'
refuses "salesforce: a call of what Apex does not offer is found" "SutureController.push is no @AuraEnabled method" \
	"$tools/check-salesforce" "$root"

again
edit contract/signed-action.json 'pat-1' 'pat-2'
refuses "salesforce: an example whose signature is wrong is found" "the signature is wrong" "$tools/check-salesforce" "$root"
cd / || exit 1
finish
